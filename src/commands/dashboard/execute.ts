import type { Invocation } from '../../cli/command.ts';
import { required } from '../../cli/config.ts';
import { connectClusterReading, connectHubReading, leaseOf } from '../../cli/connections.ts';
import { loggerOf } from '../../cli/log.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import { reportConnection } from '../../cli/report-connection.ts';
import { VERSION } from '../../cli/version.ts';
import { leaseAnnotations } from '../../clients/kubernetes/lease.ts';
import type { KubernetesTransport } from '../../clients/kubernetes/transport.ts';
import { startDashboard } from '../../dashboard/dashboard.ts';
import { ConfigError, messageOf } from '../../domain/errors.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import { recordedPassIn } from '../../outputs/status/record.ts';
import { followReports } from '../../stages/report/report.ts';
import type { DashboardArguments } from './dashboard.ts';

/** Serves until the process is stopped. */
export async function execute(
  { given, configure, deadline, signal }: Invocation<DashboardArguments>,
  process: ProcessFacts,
): Promise<number> {
  const config = await configure();
  const { stop, environment } = process;
  const reports = followReports(reportConnection(config, required(config, 'reportRepo'), environment, stop));
  let cluster: Promise<KubernetesTransport> | undefined;
  const lastPass = async (): Promise<ReturnType<typeof recordedPassIn>> => {
    cluster ??= connectClusterReading(config, stop);
    // A cluster that cannot be reached may be there the next time.
    cluster.catch(() => {
      cluster = undefined;
    });
    return recordedPassIn(await leaseAnnotations(await cluster, { ...leaseOf(config, environment), signal: stop }));
  };
  const log = loggerOf(config, process);
  const hasHub =
    config.confighubUrl !== undefined && (config.confighubToken !== undefined || config.confighubWorkerId !== undefined);
  try {
    await using running = await startDashboard({
      reports,
      lastPass,
      confighub: hasHub
        ? { connect: (until) => connectHubReading(config, (message) => log.warn(message), until), showValues: config.showValues }
        : undefined,
      host: given.host,
      port: given.port,
      allowedHosts: given.allowHost ?? [],
      metrics: { host: given.metricsHost, port: given.metricsPort },
      pollSeconds: given.pollInterval,
      settings: { cluster: config.cluster, autoFix: config.autoFix, overdueSeconds: given.overdue, version: VERSION },
      log,
      signal: stop,
    });
    // From here on it serves until it is stopped.
    deadline.set(undefined);
    process.out(`${running.url}\n`);
    if (!stop.aborted) await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
    return EXIT.ok;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new ConfigError(`the dashboard cannot start: ${messageOf(error)}`, {
      code: 'configuration',
      subject: '--host, --port, --metrics-host, --metrics-port',
      remedy: 'Correct the address or the port and start it again.',
      cause: error,
    });
  }
}
