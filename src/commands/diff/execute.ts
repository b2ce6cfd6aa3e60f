import { join, sep } from 'node:path';
import type { Invocation } from '../../cli/command.ts';
import { readIgnoreFile } from '../../cli/ignore-file.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import { manifestFiles } from '../../clients/files/manifest-files.ts';
import { isAbsent, nameOf, readTextFile } from '../../clients/files/read-file.ts';
import { readBuiltInSchemas } from '../../clients/kubernetes/built-in-schemas.ts';
import type { ManifestLimits } from '../../clients/kubernetes/manifest.ts';
import { openApiOfCrd, trimOpenApi } from '../../clients/kubernetes/openapi.ts';
import { ConfigError } from '../../domain/errors.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import type { IgnoreRule } from '../../domain/ignore-rule.ts';
import { at, isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ShowValues } from '../../domain/show/show-values.ts';
import { readLarge, type SourceText } from '../../stages/desired/sides.ts';
import type { DiffArguments } from './diff.ts';
import { diffTexts, type OfflineDiff } from './offline.ts';
import { printDiff } from './print.ts';

/** Each field of an object takes two levels of its schema. */
const SCHEMA_LIMITS: ManifestLimits = { bytes: Number.POSITIVE_INFINITY, depth: 300, aliases: 10_000, nodes: 5_000_000 };

interface DiffOptions {
  readonly desiredManagers: readonly string[];
  readonly ignoreRules: readonly IgnoreRule[];
  /** Whether a desired file may declare nothing. */
  readonly allowEmpty: boolean;
  /** Largest file, in MB. */
  readonly maxFileMb: number;
  readonly showValues: ShowValues;
  readonly signal: AbortSignal;
}

/** Files in, an answer out, no server asked. */
export async function execute({ given, configure, signal }: Invocation<DiffArguments>, process: ProcessFacts): Promise<number> {
  const config = await configure();
  const desiredManagers = given.fieldManager ?? config.desiredManagers;
  const ignoreRules = await readIgnoreFile(config, signal);
  const result = await diffFiles(given, { ...config, desiredManagers, ignoreRules, signal });
  process.out(printDiff(result, given.output, given.explain));
  if (result.objects.some(({ verdict }) => verdict === 'invalid')) return EXIT.incomplete;
  const hasDrift = result.objects.some(({ verdict }) => verdict === 'drifted' || verdict === 'missing');
  return config.detailedExitcode && hasDrift ? EXIT.driftFound : EXIT.ok;
}

/**
 * Reads the files and compares them. A live file that does not exist holds nothing; any other must be readable. A desired
 * file that declares nothing is refused: the command that was to write it may have failed, and nothing would be missing.
 */
async function diffFiles(
  { desired: desiredFiles, live: liveFiles, schema: schemaFiles = [] }: DiffArguments,
  options: DiffOptions,
): Promise<OfflineDiff> {
  const { desiredManagers, ignoreRules, allowEmpty, showValues } = options;
  if ([...desiredFiles, ...liveFiles, ...schemaFiles].filter((file) => file === '-').length > 1) {
    throw new ConfigError('standard input cannot be read twice', {
      code: 'usage',
      subject: '--desired, --live, --schema',
      remedy: 'Pass - once, and files for the rest.',
    });
  }
  const desired = await readAll(desiredFiles, '--desired', options);
  const live = await readAll(liveFiles, '--live', options);
  const schemas = (await readAll(schemaFiles, '--schema', options)).flatMap(parseSchema);
  const result = diffTexts({
    desired,
    live,
    schemas: [await readBuiltInSchemas(), ...schemas],
    desiredManagers,
    ignoreRules,
    now: new Date(),
    showValues,
  });
  const isFolderOf = (path: string, file: string): boolean => file === path || file.startsWith(join(path, sep));
  const empty = desiredFiles.find((path) =>
    desired.every(({ file }) => !isFolderOf(path, file) || result.emptyDesired.includes(file)),
  );
  if (empty === undefined || allowEmpty) return result;
  throw new ConfigError(`${nameOf(empty)} declares nothing`, {
    code: 'configuration',
    subject: '--desired',
    remedy: 'Check the command that wrote it; if it is empty on purpose, pass --allow-empty.',
  });
}

/** One after the other: where one cannot be read, no other is waited for. Of a folder all manifests. */
async function readAll(
  paths: readonly string[],
  subject: '--desired' | '--live' | '--schema',
  { maxFileMb: maxMb, signal }: DiffOptions,
): Promise<readonly SourceText[]> {
  const texts: SourceText[] = [];
  const remedy = 'Pass a YAML or JSON file, a folder, or - for standard input.';
  const files = await Promise.all(paths.map((path) => manifestFiles(path, subject, signal)));
  for (const file of files.flat()) {
    const text = readTextFile(file, { subject, remedy, maxMb, signal });
    texts.push({
      file,
      text: await text.catch((error) => (subject === '--live' && isAbsent(error) ? '' : Promise.reject(error))),
    });
  }
  return texts;
}

/** An OpenAPI v3 document as `kubectl get --raw /openapi/v3/...` prints it, or CustomResourceDefinitions. */
function parseSchema({ file, text }: SourceText): readonly JsonObject[] {
  const { documents, faults } = readLarge(text, SCHEMA_LIMITS);
  const schemas = documents.map(({ document }) => {
    if (isJsonObject(at(document, 'components', 'schemas'))) return trimOpenApi(document);
    return document['kind'] === 'CustomResourceDefinition' ? openApiOfCrd(document) : undefined;
  });
  const [fault] = faults;
  if (!fault && schemas.length > 0 && schemas.every((schema) => schema !== undefined)) return schemas;
  throw new ConfigError(`${nameOf(file)} contains no schema${fault ? `: ${fault.error}` : ''}`, {
    code: 'configuration',
    subject: '--schema',
    remedy: 'Give an OpenAPI v3 document (kubectl get --raw /openapi/v3/apis/GROUP/VERSION) or CustomResourceDefinitions.',
  });
}
