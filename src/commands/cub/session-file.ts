import { join } from 'node:path';
import * as z from 'zod';
import type { Environment } from '../../cli/config.ts';
import { readTextFile } from '../../clients/files/read-file.ts';
import { parseManifest } from '../../clients/kubernetes/manifest.ts';
import { ConfigError } from '../../domain/errors.ts';
import { faultOfCredential, ownSecret, type Secret } from '../../domain/secret.ts';

/** What a login of ConfigHub's own client left in its folder. */
export interface CubSession {
  readonly url: string | undefined;
  readonly token: Secret<string> | undefined;
}

const sessionFile = z.object({ access_token: z.string().min(1) });
const contextFile = z.object({ confighub_url: z.string().optional() });
const configFile = z.object({
  currentContext: z.string(),
  contexts: z.array(
    z.object({
      name: z.string(),
      coordinate: z.object({ serverURL: z.string().optional() }).optional(),
      metadata: z.object({ tokenFile: z.string().optional() }).optional(),
    }),
  ),
});
const tokenFile = z.object({ accessToken: z.string().min(1) });

/**
 * Reads the session of `cub auth login`: `session.json` and `context.json` of the client of August 2025, `config.yaml` and
 * its token file of later ones (both in `$CUB_CONFIG` or `~/.confighub`). What is not there, or is something else, is none.
 */
export async function readCubSession({ HOME, CUB_CONFIG }: Environment, signal: AbortSignal): Promise<CubSession> {
  const folder = CUB_CONFIG || (HOME ? join(HOME, '.confighub') : '');
  if (folder === '') return { url: undefined, token: undefined };
  const config = await readAs(join(folder, 'config.yaml'), configFile, signal);
  const context = config?.contexts.find(({ name }) => name === config.currentContext);
  if (context) {
    // A name of a file, never a way out of the folder.
    const name = /^[\w.-]+$/u.test(context.metadata?.tokenFile ?? '') ? context.metadata?.tokenFile : `${context.name}.json`;
    const token = (await readAs(join(folder, 'tokens', name ?? ''), tokenFile, signal))?.accessToken;
    return { url: context.coordinate?.serverURL, token: credential(token, folder) };
  }
  const token = (await readAs(join(folder, 'session.json'), sessionFile, signal))?.access_token;
  return {
    url: (await readAs(join(folder, 'context.json'), contextFile, signal))?.confighub_url,
    token: credential(token, folder),
  };
}

async function readAs<S extends z.ZodType>(file: string, schema: S, signal: AbortSignal): Promise<z.output<S> | undefined> {
  let text: string;
  try {
    text = await readTextFile(file, { subject: file, remedy: '', signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
  const manifest = parseManifest(text);
  return manifest.ok ? schema.safeParse(manifest.documents[0]).data : undefined;
}

function credential(token: string | undefined, folder: string): Secret<string> | undefined {
  const fault = token === undefined ? undefined : faultOfCredential(token);
  if (fault !== undefined) {
    const remedy = 'Log in again (cub auth login), or set CUB_TOKEN.';
    throw new ConfigError(`the token of the session ${fault}`, { code: 'configuration', subject: folder, remedy });
  }
  return token === undefined ? undefined : ownSecret(token);
}
