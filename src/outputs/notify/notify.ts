import type { KubernetesClient, ResourceKind } from '../../clients/kubernetes/client.ts';
import { withoutNumbers } from '../../domain/describe.ts';
import type { DeploymentEnvironment } from '../../domain/environment.ts';
import { messageOf, UserError } from '../../domain/errors.ts';
import { hideSecrets } from '../../domain/foreign-text.ts';
import { stringAt } from '../../domain/json.ts';
import { objectKey } from '../../domain/object-ref.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Ranking } from '../../domain/ranking.ts';
import type { PreviousReport, Report } from '../../domain/report.ts';
import type { Secret } from '../../domain/secret.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { GUARD_EFFECT } from '../../stages/report/report.ts';
import { type PendingEvent, type Regarding, writeEvents } from './events.ts';
import { type StateChange, stateChanges } from './state-changes.ts';
import { postWebhook } from './webhook.ts';
import { type Announcement, commitPage, WEBHOOK_FORMATS, type WebhookFormat } from './webhook-body.ts';

const CRONJOBS: ResourceKind = { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs', namespaced: true };

/** Of the configuration, whom to tell, and how. */
interface NotifySettings {
  readonly cluster: string;
  readonly environment: DeploymentEnvironment;
  readonly events: boolean;
  /** Name of the CronJob that passes are run by; empty where none is known. */
  readonly cronjob: string;
  readonly webhookUrl: Secret<string> | undefined;
  readonly webhookSecret: Secret<string> | undefined;
  readonly webhookFormat: WebhookFormat;
  readonly commitUrl: string;
  readonly reportRepo: string | undefined;
}

/** Of a pass, what there is to tell. */
export interface AnnouncedPass {
  readonly snapshot: Snapshot;
  readonly ranking: Ranking;
  readonly plan: Plan;
  readonly report: Report;
  /** `commit` is empty where the report did not change. */
  readonly published: { readonly commit: string };
}

export interface NotifyOptions {
  readonly config: NotifySettings;
  readonly kubernetes: Pick<KubernetesClient, 'create' | 'get'>;
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

/** The parts of the last report that decide what is new. */
export type LastReport = Pick<PreviousReport, 'digest' | 'guard' | 'findings' | 'incomplete'>;

/** Tells others of a changed report: events on the workloads, and the webhook. What fails is a warning. */
export async function announce(result: AnnouncedPass, previous: LastReport, options: NotifyOptions): Promise<void> {
  if (result.published.commit === '') return;
  const { config } = options;
  const changes = changesOf(result, previous);
  if (config.events) await writeEvents(options.kubernetes, await eventsOf(changes, result, options), options);
  if (config.webhookUrl && isNews(changes, result.report, previous)) await announceByWebhook(result, options);
}

function changesOf({ report, ranking }: AnnouncedPass, previous: LastReport): readonly StateChange[] {
  const informational = ranking.findings.map(({ finding }) => finding).filter((finding) => finding.class === 'informational');
  return stateChanges(report, previous, informational);
}

/**
 * Whether the report needs a notification: other drift, a fix that was made or failed, a guard that trips or is clear again,
 * a pass that could not read all, and the first one that can again. Other words or another promotion need none.
 */
export function isNews(
  changes: readonly StateChange[],
  report: Pick<Report, 'digest' | 'guard' | 'incomplete'>,
  previous: LastReport,
): boolean {
  return (
    changes.length > 0 ||
    report.digest !== previous.digest ||
    (report.guard?.name ?? '') !== previous.guard ||
    report.incomplete.length > 0 !== previous.incomplete.length > 0
  );
}

/** An event on the CronJob about a pass that ended with an error, where it is known. */
export async function announceFailure(error: unknown, options: NotifyOptions): Promise<void> {
  if (!options.config.events) return;
  const message = messageOf(error);
  // A pass that fails like the last one needs no second event: it has the same name and is refused as long as the first one lives.
  const key = `PassFailed ${error instanceof UserError ? error.code : 'unexpected'} ${withoutNumbers(message)}`;
  const note = hideSecrets(`Pass ${options.pass} failed: ${message}`);
  await writeEvents(options.kubernetes, await onCronJob({ reason: 'PassFailed', key, note }, options), options);
}

async function eventsOf(
  changes: readonly StateChange[],
  { snapshot, plan }: AnnouncedPass,
  options: NotifyOptions,
): Promise<readonly PendingEvent[]> {
  const uids = new Map(snapshot.objects.map(({ ref, uid }) => [objectKey(ref), uid]));
  const onWorkloads = changes.map(({ object, reason, key, note }) => {
    const regarding: Regarding = { ...object, uid: uids.get(objectKey(object)) };
    return { regarding, reason, key, note: hideSecrets(note) };
  });
  const { guard } = plan;
  if (!guard) return onWorkloads;
  const note = `Guard ${guard.name}: ${guard.detail}; ${GUARD_EFFECT}`;
  return [
    ...(await onCronJob({ reason: 'GuardTripped', key: `GuardTripped ${guard.name} ${guard.detail}`, note }, options)),
    ...onWorkloads,
  ];
}

async function onCronJob(
  event: Omit<PendingEvent, 'regarding'>,
  { config, kubernetes, namespace, signal }: NotifyOptions,
): Promise<readonly PendingEvent[]> {
  if (config.cronjob === '') return [];
  const { apiVersion, kind } = CRONJOBS;
  const ref = { apiVersion, kind, namespace, name: config.cronjob };
  // Without it `kubectl describe` leaves the event out; `kubectl get events` has it all the same.
  const uid = await kubernetes.get(CRONJOBS, ref, signal).then(
    (found) => stringAt(found, 'metadata', 'uid'),
    () => undefined,
  );
  return [{ ...event, regarding: { ...ref, uid } }];
}

async function announceByWebhook({ report, published }: AnnouncedPass, options: NotifyOptions): Promise<void> {
  const { config, pass, now, warn, signal, userAgent } = options;
  if (!config.webhookUrl) return;
  const announcement: Announcement = {
    cluster: config.cluster,
    environment: config.environment.name,
    pass,
    time: now,
    commit: published.commit,
    commitUrl: commitPage(config.commitUrl, config.reportRepo ?? '', published.commit),
    report,
    redact: hideSecrets,
  };
  const body = WEBHOOK_FORMATS[config.webhookFormat].toBody(announcement);
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
    warn(`the webhook notification failed (DRIFT_WEBHOOK_URL): ${messageOf(error)}`);
  }
}
