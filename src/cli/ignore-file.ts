import * as z from 'zod';
import { type IgnoreRule, ignoreRuleSchema } from '../domain/ignore-rule.ts';
import type { Config } from './config.ts';
import { readSettingsFile } from './settings-file.ts';

const schema = z.strictObject({ ignore: z.array(ignoreRuleSchema) });

/** The rules of DRIFT_IGNORE_FILE; none without a file. A file with a mistake ends the command: half the rules would cry wolf. */
export async function readIgnoreFile(
  { ignoreFile: path, maxFileMb: maxMb }: Pick<Config, 'ignoreFile' | 'maxFileMb'>,
  signal: AbortSignal,
): Promise<readonly IgnoreRule[]> {
  if (path === '') return [];
  const { ignore } = await readSettingsFile({
    path,
    option: 'DRIFT_IGNORE_FILE',
    what: 'ignore rules',
    schema,
    empty: { ignore: [] },
    remedy: 'Each rule needs a reason and one of namespace, kind, name, path, manager; until is a date or an RFC 3339 time.',
    maxMb,
    signal,
  });
  return ignore;
}
