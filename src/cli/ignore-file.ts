import { z } from 'zod';
import { readTextFile } from '../clients/files/read-file.ts';
import { parseManifest } from '../clients/kubernetes/manifest.ts';
import { ConfigError } from '../domain/errors.ts';
import { type IgnoreRule, ignoreRuleSchema } from '../domain/ignore-rule.ts';
import type { Config } from './config.ts';

const fileSchema = z.strictObject({ ignore: z.array(ignoreRuleSchema) });

/** The rules of IGNORE_FILE; none without a file. A file with a mistake ends the command: half the rules would cry wolf. */
export async function readIgnoreFile(
  { ignoreFile: file, maxFileMb: maxMb }: Pick<Config, 'ignoreFile' | 'maxFileMb'>,
  signal: AbortSignal,
): Promise<readonly IgnoreRule[]> {
  if (file === '') return [];
  const remedy = 'Let IGNORE_FILE name a YAML file of ignore rules.';
  const manifest = parseManifest(await readTextFile(file, { subject: 'IGNORE_FILE', remedy, maxMb, signal }));
  if (!manifest.ok) throw mistake(file, manifest.error);
  const [document = { ignore: [] }, ...others] = manifest.documents;
  if (others.length > 0) throw mistake(file, 'holds more than one document');
  const parsed = fileSchema.safeParse(document);
  if (parsed.success) return parsed.data.ignore;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the document'}: ${message}`);
  throw mistake(file, issues.join('; '));
}

function mistake(file: string, what: string): ConfigError {
  return new ConfigError(`the ignore rules in ${file} cannot be used: ${what}`, {
    code: 'configuration',
    subject: 'IGNORE_FILE',
    remedy: 'Each rule needs a reason and one of namespace, kind, name, path, manager; until is a date or an RFC 3339 time.',
  });
}
