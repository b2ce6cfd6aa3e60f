import { text } from 'node:stream/consumers';
import { UserError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { optionsFor, publishOnce } from './repositories.ts';

/** What a pass in a process of its own ended with. */
export interface Ended {
  readonly commit?: string;
  readonly code?: string;
  readonly message?: string;
  readonly remedy?: string;
}

/** How it reaches the repository; secrets come as text, by standard input. */
export interface PassSettings {
  readonly url: string;
  readonly token?: string;
  readonly caFile?: string;
  readonly sshKey?: string;
  readonly knownHostsFile?: string;
  readonly signingKey?: string;
  readonly names: readonly string[];
  /** Ends before it reports, with the answer to whether it could. */
  readonly onlyConfirms?: boolean;
}

const secret = (value: string | undefined): Secret<string> | undefined => (value === undefined ? undefined : new Secret(value));

async function main(): Promise<Ended> {
  // Written by the test that started this.
  const {
    url,
    names,
    token,
    sshKey,
    signingKey,
    onlyConfirms = false,
    ...files
  } = JSON.parse(await text(process.stdin)) as PassSettings;
  try {
    const secrets = { token: secret(token), sshKey: secret(sshKey), signingKey: secret(signingKey) };
    const options = optionsFor(url, { ...files, ...secrets });
    if (!onlyConfirms) return { commit: await publishOnce(options, names) };
    await using repository = await openReportRepository(options);
    await repository.confirmWritable();
    return {};
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, remedy } = error;
    return { code, message, remedy };
  }
}

if (import.meta.main) process.stdout.write(JSON.stringify(await main()));
