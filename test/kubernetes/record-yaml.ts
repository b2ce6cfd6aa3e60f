import { readFileSync, writeFileSync } from 'node:fs';
import { type GoAnswer, linesOfGo } from './go-yaml.ts';

// Records how Go reads the texts of fixtures/yaml/texts.json in fixtures/yaml/go-parser.json:
//   node bin/bootstrap.mjs test/kubernetes/record-yaml.ts

const TEXTS = new URL('../../fixtures/yaml/texts.json', import.meta.url);
export const RECORDED = new URL('../../fixtures/yaml/go-parser.json', import.meta.url);
const GO_MOD = new URL('go-yaml/go.mod', import.meta.url);

interface Group {
  readonly name: string;
  /** The text, with % for what is tried. */
  readonly place: string;
  readonly texts: readonly string[];
}

/** The content of the recorded file. Numbers stand in it with the digits that Go wrote. */
export async function record(): Promise<string> {
  const { groups } = JSON.parse(readFileSync(TEXTS, 'utf8')) as { readonly groups: readonly Group[] };
  const rows = groups.flatMap(({ name, place, texts }) => texts.map((text) => ({ name, yaml: place.replace('%', () => text) })));
  const answers = await linesOfGo(rows.map(({ yaml }) => yaml));
  const lines = rows.map(({ name, yaml }, index) => {
    const answer = answers[index] ?? '{}';
    return `  {"group":${JSON.stringify(name)},"yaml":${JSON.stringify(yaml)},${withoutMessages(answer)}`;
  });
  const libraries = [...readFileSync(GO_MOD, 'utf8').matchAll(/(\S+yaml\S*) (v\S+)/gu)].map(
    ([, path, version]) => `${path} ${version}`,
  );
  return `{\n "source": "YAMLToJSON and YAMLToJSONStrict of ${libraries.join(', ')}, each text on its own",\n "rows": [\n${lines.join(',\n')}\n ]\n}\n`;
}

/** Go's messages hold addresses of its memory. */
function withoutMessages(line: string): string {
  const answer = JSON.parse(line) as GoAnswer;
  if (answer.error !== undefined) return '"error":true}';
  return answer.strict === undefined ? line.slice(1) : `${line.slice(1, line.lastIndexOf(',"strict":'))},"strict":true}`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(RECORDED, await record());
