import { ConfigError } from '../../domain/errors.ts';
import { faultOfCredential, ownSecret, type Secret } from '../../domain/secret.ts';
import { nameOf, type ReadOptions, readTextFile } from './read-file.ts';

/** The one credential that a file holds, whose line end does not count. Throws `ConfigError` that does not show it. */
export async function readCredential(path: string, options: ReadOptions): Promise<Secret<string>> {
  const text = (await readTextFile(path, options)).trim();
  const { subject, remedy } = options;
  const fault = faultOfCredential(text);
  if (fault !== undefined)
    throw new ConfigError(`the credential in ${nameOf(path)} ${fault}`, { code: 'configuration', subject, remedy });
  return ownSecret(text);
}
