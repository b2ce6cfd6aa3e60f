import type { Config } from '../config.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { withoutSecrets } from '../log.ts';
import type { PassResult } from '../pass.ts';
import { messageOf } from '../types/errors.ts';
import { objectKey } from '../types/object-ref.ts';
import type { PreviousReport } from '../types/report.ts';
import { type PendingEvent, type Regarding, writeEvents } from './events.ts';
import { stateChanges } from './state-changes.ts';
import { postWebhook } from './webhook.ts';
import { type Announcement, commitPage, toJsonBody, toSlackBody } from './webhook-body.ts';

export interface NotifyOptions {
  readonly config: Config;
  readonly kubernetes: Pick<KubernetesClient, 'create'>;
  readonly pass: string;
  /** Host or pod that runs the pass. */
  readonly instance: string;
  /** Namespace that passes run in. */
  readonly namespace: string;
  readonly userAgent: string;
  readonly now: Date;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Tells others of a changed report: events on the workloads, and the webhook. What fails is a warning. */
export async function announce(
  result: PassResult,
  previous: Pick<PreviousReport, 'findings'>,
  options: NotifyOptions,
): Promise<void> {
  if (result.published.commit === '') return;
  const { config } = options;
  if (config.events) await writeEvents(options.kubernetes, eventsOf(result, previous, options), options);
  if (config.webhookUrl) await announceByWebhook(result, options);
}

/** An event on the CronJob about a pass that ended with an error, where it is known. */
export async function announceFailure(error: unknown, options: NotifyOptions): Promise<void> {
  if (!options.config.events) return;
  const key = `PassFailed ${options.pass}`;
  const note = withoutSecrets(`Pass ${options.pass} failed: ${messageOf(error)}`);
  await writeEvents(options.kubernetes, onCronJob({ reason: 'PassFailed', key, note }, options), options);
}

function eventsOf(
  result: PassResult,
  previous: Pick<PreviousReport, 'findings'>,
  options: NotifyOptions,
): readonly PendingEvent[] {
  const { report, ranking, snapshot, plan } = result;
  const uids = new Map(snapshot.objects.map(({ ref, uid }) => [objectKey(ref), uid]));
  const informational = ranking.findings.map(({ finding }) => finding).filter((finding) => finding.class === 'informational');
  const changes = stateChanges(report, previous, informational).map(({ object, reason, key, note }) => {
    const regarding: Regarding = { ...object, uid: uids.get(objectKey(object)) };
    return { regarding, reason, key, note: withoutSecrets(note) };
  });
  const { guard } = plan;
  if (!guard) return changes;
  const note = `Guard ${guard.name}: ${guard.detail}; nothing is fixed`;
  return [...onCronJob({ reason: 'GuardTripped', key: `GuardTripped ${guard.name} ${guard.detail}`, note }, options), ...changes];
}

function onCronJob(
  event: Omit<PendingEvent, 'regarding'>,
  { config, namespace }: Pick<NotifyOptions, 'config' | 'namespace'>,
): readonly PendingEvent[] {
  if (config.cronjob === '') return [];
  return [{ ...event, regarding: { apiVersion: 'batch/v1', kind: 'CronJob', namespace, name: config.cronjob } }];
}

async function announceByWebhook({ report, published }: PassResult, options: NotifyOptions): Promise<void> {
  const { config, pass, now, warn, signal, userAgent } = options;
  if (!config.webhookUrl) return;
  const announcement: Announcement = {
    cluster: config.cluster,
    environment: config.environment,
    pass,
    time: now,
    commit: published.commit,
    commitUrl: commitPage(config.commitUrl, config.reportRepo ?? '', published.commit),
    report,
    redact: withoutSecrets,
  };
  const body = config.webhookFormat === 'slack' ? toSlackBody(announcement) : toJsonBody(announcement);
  try {
    await postWebhook(body, {
      url: config.webhookUrl,
      secret: config.webhookSecret,
      userAgent,
      delivery: published.commit,
      now: () => new Date(),
      signal,
    });
  } catch (error) {
    warn(`the changed report could not be announced (WEBHOOK_URL): ${messageOf(error)}`);
  }
}
