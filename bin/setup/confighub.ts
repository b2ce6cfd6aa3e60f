import { loadConfig } from '../../src/cli/config.ts';
import { connectHub } from '../../src/cli/connections.ts';
import type { ConfigHubClient } from '../../src/clients/confighub/client.ts';
import { and, quote } from '../../src/clients/confighub/where.ts';
import { readTextFile } from '../../src/clients/files/read-file.ts';
import { readCubCommand } from '../../src/commands/cub/program.ts';
import { readCubSession } from '../../src/commands/cub/session-file.ts';
import { ConfigHubError } from '../../src/domain/errors.ts';
import { ensureHub } from './hub-process.ts';
import type { Script } from './script.ts';

export interface ConfigHub {
  readonly url: string;
  /** The hub that these scripts started, not another ConfigHub. */
  readonly isEmbedded: boolean;
  readonly client: ConfigHubClient;
  /** Runs a command of `bin/cub` and shows it; answers what it printed. Throws where it fails. */
  cub(...argv: readonly string[]): Promise<string>;
  /** False where ConfigHub answers that there is none. */
  has(what: 'space' | 'filter' | 'target' | 'worker' | 'unit', space: string, slug: string): Promise<boolean>;
}

/** The ConfigHub of CONFIGHUB_URL and CUB_TOKEN, or of a login of `cub`; where there is neither, the embedded hub. */
export async function connectConfigHub({ state, say, signal }: Script): Promise<ConfigHub> {
  const session = process.env['CONFIGHUB_URL'] || state.read('hub.env') ? undefined : await readCubSession(process.env, signal);
  const isEmbedded = !process.env['CONFIGHUB_URL'] && session?.url === undefined;
  const environment = isEmbedded
    ? {
        CONFIGHUB_URL: await ensureHub(state, signal),
        CUB_TOKEN_FILE: state.path('hub', 'admin.token'),
        CONFIGHUB_PLAINTEXT: 'true',
      }
    : process.env;
  const config = await loadConfig({}, environment, undefined, signal);
  const known = {
    ...config,
    confighubUrl: config.confighubUrl ?? session?.url,
    confighubToken: config.confighubToken ?? session?.token,
  };
  const client = await connectHub(known, say, signal);
  const readFile = (path: string): Promise<string> => readTextFile(path, { subject: path, remedy: '', signal });

  async function cub(...argv: readonly string[]): Promise<string> {
    say(`cub ${argv.map(shellWord).join(' ')}`);
    let [printed, errors] = ['', ''];
    const command = readCubCommand(argv, { out: say });
    const code = await command?.({
      hub: client,
      out: (text) => {
        printed += text;
      },
      say: (text) => {
        errors += text;
      },
      readFile,
      signal,
    });
    if (code === 0) return printed;
    throw new ConfigHubError(`${printed}${errors}`.trim(), { code: 'invalid', subject: `cub ${argv.join(' ')}`, remedy: '' });
  }

  return {
    url: client.url,
    isEmbedded,
    client,
    cub,
    async has(what, space, slug) {
      try {
        if (what === 'filter') await client.selectByFilter(`${space}/${slug}`, '', signal);
        else if (what === 'target') await client.findTarget(slug, space, signal);
        else {
          const { SpaceID } = await client.findSpace(space, signal);
          if (what === 'worker') await client.findWorker(SpaceID, slug, signal);
          if (what === 'unit') {
            const found = await client.listUnitStates(
              { where: and(`SpaceID = ${quote(SpaceID)}`, `Slug = ${quote(slug)}`) },
              signal,
            );
            return found.length > 0;
          }
        }
        return true;
      } catch (error) {
        // No answer of a server: the client looked, and found none of this name.
        if (error instanceof ConfigHubError && error.code === 'configuration' && error.status === undefined) return false;
        throw error;
      }
    },
  };
}

function shellWord(text: string): string {
  if (/^[\w./:=,@-]+$/u.test(text)) return text;
  return text.includes("'") && !/["$`\\]/u.test(text) ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`;
}
