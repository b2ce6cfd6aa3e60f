import { stringify } from 'yaml';
import type { OptionName } from '../../cli/options/options.ts';

/** One key of the configuration file, and what was found for it. */
export interface Setting {
  readonly key: OptionName;
  /** What it is, as a sentence. */
  readonly help: string;
  /** `undefined` where nothing was found: then `example` stands as a comment. */
  readonly value: string | undefined;
  readonly example: string;
}

/** The text of the file. Values are quoted, and of ASCII only, so that none shows as something else in an editor. */
export function fileOf(settings: readonly Setting[], secrets: readonly string[]): string {
  const head = [
    '# Configuration of drift-detector, for --config or DRIFT_CONFIG. Flags and the environment override it.',
    '# Secrets do not belong here; they are read from the environment:',
    ...secrets.map((name) => `#   ${name} or ${name}_FILE`),
  ];
  const body = settings.map(({ key, help, value, example }) =>
    value === undefined ? `# ${help}\n# ${lineOf(key, example)}` : `# ${help}\n${lineOf(key, value)}`,
  );
  return `${[head.join('\n'), ...body].join('\n\n')}\n`;
}

function lineOf(key: OptionName, value: string): string {
  const line = stringify(
    { [key]: value },
    {
      lineWidth: 0,
      doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
      defaultStringType: 'QUOTE_DOUBLE',
      defaultKeyType: 'PLAIN',
    },
  ).trimEnd();
  return line.replaceAll(/[^ -~]/gu, (letter) => `\\U${(letter.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`);
}
