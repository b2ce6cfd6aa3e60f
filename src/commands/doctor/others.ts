import { type Config, type Environment, required } from '../../cli/config.ts';
import { reportConnection } from '../../cli/report-connection.ts';
import { messageOf, throwUnless, UserError } from '../../domain/errors.ts';
import { foreignText, withoutCredentials } from '../../domain/foreign-text.ts';
import { hostOf } from '../../domain/this-machine.ts';
import { pinAddressUntil } from '../../outputs/notify/address.ts';
import { openReportRepository } from '../../stages/report/report.ts';
import { type Check, failed, ok, variable, warn } from './check.ts';

/** Reads the last report and rehearses a push, as a pass does before it fixes anything. */
export async function checkRepository(config: Config, environment: Environment, signal: AbortSignal): Promise<readonly Check[]> {
  const [reading, pushing] = ['report repository', 'right to push'];
  const url = required(config, 'reportRepo');
  const mayPush = async (): Promise<void> => {
    throw new Error('a command that only reads was about to push');
  };
  const connection = reportConnection(config, url, environment, signal);
  await using repository = await openReportRepository({ ...connection, cluster: config.cluster, mayPush });
  const { previous } = repository;
  const where = `branch ${foreignText(config.reportBranch)} of ${foreignText(withoutCredentials(url))}`;
  const [fault] = previous.faults;
  const read = fault
    ? warn(
        reading,
        `${where} reached; the last report is broken: ${foreignText(fault.file)}: ${foreignText(fault.fault)}`,
        'The next pass writes it again.',
      )
    : ok(reading, `${where} reached`);
  try {
    await repository.confirmWritable();
    return [read, ok(pushing, 'a dry run is accepted; hooks and rules for branches are asked by a real push only')];
  } catch (error) {
    throwUnless(error, UserError, signal);
    return [read, failed(pushing, error)];
  }
}

/** Asks for the model's description, which costs nothing. */
export async function checkClaude(config: Config, signal: AbortSignal): Promise<readonly Check[]> {
  const check = 'Claude';
  const { claudeApiKey: apiKey, claudeBaseUrl: baseUrl, claudeModel: model } = config;
  if (apiKey === undefined) return [ok(check, `no ${variable('claudeApiKey')}: built-in rules rank`)];
  const { checkModel } = await import('../../clients/claude/claude.ts');
  const found = await checkModel({ apiKey, baseUrl, model }, signal);
  if (found.ok) return [ok(check, `key accepted, model ${foreignText(model, 100)}`)];
  const remedy =
    found.status === 404
      ? `Correct ${variable('claudeModel')}.`
      : found.status === 401 || found.status === 403
        ? `Renew ${variable('claudeApiKey')}.`
        : `Check ${variable('claudeBaseUrl')} and the network.`;
  return [warn(check, `${found.reason}; built-in rules rank meanwhile`, remedy)];
}

/** Looks the host up; nothing is sent. */
export async function checkWebhook({ webhookUrl }: Config, signal: AbortSignal): Promise<readonly Check[]> {
  if (webhookUrl === undefined) return [];
  const check = 'webhook';
  // The path is often a credential; the host is not.
  const host = hostOf(new URL(webhookUrl.reveal()));
  try {
    await pinAddressUntil(host, signal);
    return [ok(check, `host ${foreignText(host)} has an address; nothing was sent`)];
  } catch (error) {
    if (signal.aborted) throw error;
    return [warn(check, messageOf(error), `Correct ${variable('webhookUrl')}, or the name server.`)];
  }
}
