import { type Config, cacheFolder, type Environment } from '../cli/config.ts';
import { readIgnoreFile } from '../cli/ignore-file.ts';
import { readPrices } from '../cli/prices-file.ts';
import { USER_AGENT } from '../cli/version.ts';
import type { Clients } from '../clients/clients.ts';
import type { ConfigHubClient } from '../clients/confighub/client.ts';
import type { ChangeSetRef } from '../domain/desired.ts';
import { ConfigError } from '../domain/errors.ts';
import type { ServerAbilities } from '../domain/server.ts';
import { commitPage } from '../outputs/notify/webhook-body.ts';
import { NOTES, unreportedFixesIn } from '../outputs/status/record.ts';
import { parseNotes } from '../stages/fix/note.ts';
import { createAskClaude } from '../stages/rank/rank.ts';
import type { LinkTemplates } from '../stages/report/report.ts';
import type { PassOptions } from './judgement.ts';

/** Comparing and fixing units of every space that the token can see is hardly intended. */
export function requireScope(config: Config): void {
  if (config.confighubSpace.length > 0 || config.confighubWhere !== '' || config.confighubFilter !== '') return;
  throw new ConfigError('no units are selected to compare with', {
    code: 'configuration',
    subject: 'CONFIGHUB_SPACE',
    remedy: 'Set CONFIGHUB_SPACE, CONFIGHUB_WHERE or CONFIGHUB_FILTER.',
  });
}

export interface PassFacts {
  readonly environment: Environment;
  /** What the pass before left on the Lease. */
  readonly leaseAnnotations: Readonly<Record<string, string>>;
  /** Id of this pass. */
  readonly pass: string;
  readonly signal: AbortSignal;
}

/** Where nothing is fixed, nothing is asked of it. */
const NO_HUB: ServerAbilities = { generation: 'B', appliesUnits: true, appliesRevisions: true, locksUnits: true };

/**
 * The configuration as a pass wants it, with what the pass before left on the Lease; asks ConfigHub for the changeset that
 * DRIFT_CHANGESET names. Without ConfigHub it is that of a comparison with files.
 */
export async function passOptions(
  config: Config,
  { confighub }: Partial<Pick<Clients, 'confighub'>>,
  { environment, leaseAnnotations, pass, signal }: PassFacts,
): Promise<PassOptions> {
  const { cluster, claudeApiKey } = config;
  const now = new Date();
  const ask = claudeApiKey && createAskClaude({ apiKey: claudeApiKey, baseUrl: config.claudeBaseUrl, model: config.claudeModel });
  return {
    snapshot: {
      namespaceSelector: config.namespaceSelector,
      kinds: config.kinds,
      cacheDir: cacheFolder(config, environment),
    },
    desired: {
      spaces: config.confighubSpace,
      where: config.confighubWhere,
      filter: config.confighubFilter,
      target: config.target,
    },
    diff: {
      cluster,
      desiredManagers: config.desiredManagers,
      ignoreRules: await readIgnoreFile(config, signal),
      now,
      showValues: config.showValues,
      ownerLabel: config.ownerLabel,
    },
    rank: {
      environment: config.environment.kind,
      prices: await readPrices(config, signal),
      model: config.claudeModel,
      ...(ask ? { ask } : {}),
    },
    plan: {
      autoFix: config.autoFix,
      createMissing: config.createMissing,
      unreportedFixes: unreportedFixesIn(leaseAnnotations),
      auditRevisions: config.auditRevisions,
      desiredManagers: config.desiredManagers,
      applyChangeSet: config.changesetApply,
      changeSet: confighub && config.changeset !== '' ? await namedChangeSet(config.changeset, confighub, signal) : undefined,
      maxFixes: config.maxFixes,
      maxFixPercent: config.maxFixPercent,
      maxShrinkPercent: config.maxShrinkPercent,
      maxToZero: config.maxToZero,
      allowEmpty: config.allowEmpty,
      // In dev no incident is handled by hand.
      graceSeconds: config.fixGrace ?? (config.environment.kind === 'dev' ? 0 : 30 * 60),
      contestedAfter: config.contestedAfter,
      server: confighub?.abilities ?? NO_HUB,
    },
    publishRelease: config.publishRelease,
    waitHealthySeconds: config.waitHealthy,
    reportPath: config.reportPath,
    links: linksOf(config),
    holdsLease: false,
    onUnreported: () => undefined,
    notes: parseNotes(leaseAnnotations[NOTES] ?? ''),
    keepNotes: async () => undefined,
    commit: { pass, tool: USER_AGENT },
    now,
    signal,
  };
}

/** Where the pages lead to. */
export function linksOf({ commitUrl, reportRepo = '', unitUrl, revisionUrl }: Config): LinkTemplates {
  return { commit: commitPage(commitUrl, reportRepo, '{commit}'), unit: unitUrl, revision: revisionUrl };
}

async function namedChangeSet(
  reference: string,
  confighub: ConfigHubClient,
  signal: AbortSignal,
): Promise<ChangeSetRef & { readonly isClosed: boolean }> {
  if (!confighub.abilities.locksUnits) {
    throw new ConfigError('this ConfigHub cannot lock units by changeset, so fixes cannot be made under one', {
      code: 'configuration',
      subject: 'DRIFT_CHANGESET',
      remedy: 'Unset DRIFT_CHANGESET, or use a ConfigHub of October 2025 or later.',
    });
  }
  const changeSet = await confighub.findChangeSet(reference, signal);
  const space = reference.slice(0, reference.indexOf('/'));
  return { id: changeSet.ChangeSetID, slug: changeSet.Slug, space, isClosed: changeSet.State === 'Closed' };
}
