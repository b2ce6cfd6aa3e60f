import type { Config } from '../../cli/config.ts';
import { connectHubReading } from '../../cli/connections.ts';
import type { ConfigHubClient } from '../../clients/confighub/client.ts';
import { tokenExpiry } from '../../clients/confighub/session.ts';
import { quote } from '../../clients/confighub/where.ts';
import { sanitize } from '../../domain/describe.ts';
import type { DesiredState } from '../../domain/desired.ts';
import { ConfigHubError } from '../../domain/errors.ts';
import { foreignText } from '../../domain/foreign-text.ts';
import { plural } from '../../domain/words.ts';
import { pullDesired } from '../../stages/desired/desired.ts';
import { type Check, fail, failed, ok, skip, variable, warn } from './check.ts';

/** What other checks need of ConfigHub. */
export interface HubFacts {
  /** Absent where the units could not be read. */
  desired?: DesiredState;
}

/** Names in one line. */
const NAMED = 3;

/** The server, the token, the units and the right to write them. `facts` is filled. */
export async function checkHub(config: Config, facts: HubFacts, signal: AbortSignal): Promise<readonly Check[]> {
  const warnings: string[] = [];
  let hub: ConfigHubClient;
  const reached = ok('ConfigHub', `reached at ${foreignText(config.confighubUrl ?? '')}`);
  try {
    hub = await connectHubReading(config, (message) => warnings.push(message), signal);
    await hub.whoAmI(signal);
  } catch (error) {
    // Refused, but by a server that answers.
    if (!(error instanceof ConfigHubError) || error.code !== 'permission') throw error;
    return [reached, refusedLogin(config, error), skip('units', 'a login to ConfigHub')];
  }
  const login = checkLogin(config, warnings);
  const server = ok('ConfigHub', `${reached.detail}, API generation ${hub.abilities.generation}`);
  const units = await checkUnits(hub, config, facts, signal);
  return [server, login, units, ...(await checkWriting(hub, config, facts, signal))];
}

const LOGIN = 'ConfigHub login';

function checkLogin({ confighubWorkerId, confighubToken }: Config, warnings: readonly string[]): Check {
  const [warning] = warnings;
  if (warning !== undefined) return warn(LOGIN, warning, renewal());
  if (confighubWorkerId !== undefined) return ok(LOGIN, 'accepted for the worker');
  const expiry = confighubToken && tokenExpiry(confighubToken);
  return ok(LOGIN, expiry ? `token accepted, valid until ${expiry.toISOString()}` : 'token accepted');
}

function refusedLogin({ confighubWorkerId, confighubToken }: Config, error: ConfigHubError): Check {
  if (confighubWorkerId !== undefined) return failed(LOGIN, error);
  const expiry = confighubToken && tokenExpiry(confighubToken);
  const isExpired = expiry !== undefined && expiry.getTime() < Date.now();
  const state = isExpired ? `the token expired at ${expiry.toISOString()}` : 'the token is refused';
  return fail(LOGIN, 'permission', `${state}: ${error.message}`, renewal());
}

/** With ConfigHub's own client, or without tokens that end. */
function renewal(): string {
  const token = variable('confighubToken');
  const worker = `${variable('confighubWorkerId')} and ${variable('confighubWorkerSecret')}`;
  return `Log in with cub auth login, then set ${token} to what cub auth get-token prints; or set ${worker}, which needs no renewal.`;
}

async function checkUnits(hub: ConfigHubClient, config: Config, facts: HubFacts, signal: AbortSignal): Promise<Check> {
  const check = 'units';
  const { confighubSpace: spaces, confighubWhere: where, confighubFilter: filter, target } = config;
  let desired: DesiredState;
  try {
    desired = await pullDesired(hub, { spaces, where, filter, target, signal });
  } catch (error) {
    if (error instanceof ConfigHubError && error.code !== 'unavailable') return failed(check, error);
    throw error;
  }
  facts.desired = desired;
  const { units, objects, conflicts, invalid, otherTargets } = desired;
  const others = otherTargets === 0 ? '' : `, ${plural(otherTargets, 'unit')} of other targets left out`;
  const read = `${plural(units.length, 'unit')} in ${spaces.length > 0 ? `space ${spaces.map(sanitize).join(', ')}` : 'scope'}`;
  const detail = `${read}, ${plural(objects.length, 'object')} declared${others}`;
  if (units.length === 0 && !config.allowEmpty) {
    const scope = ['confighubSpace', 'confighubWhere', 'confighubFilter', 'target'] as const;
    return fail(
      check,
      'configuration',
      detail,
      `Check ${scope.map(variable).join(', ')}, and that the token may read the space.`,
    );
  }
  if (invalid.length > 0) {
    const named = invalid
      .slice(0, NAMED)
      .map(({ space, slug, error }) => `${sanitize(space)}/${sanitize(slug)}: ${foreignText(error, 200)}`);
    return warn(
      check,
      `${detail}; ${plural(invalid.length, 'document')} not readable: ${named.join('; ')}`,
      'Correct the units.',
    );
  }
  if (conflicts.length > 0)
    return warn(
      check,
      `${detail}; ${plural(conflicts.length, 'object')} declared more than once`,
      'Declare each object in one unit.',
    );
  return ok(check, detail);
}

/** Asked by the dry run of an upgrade, which a pass makes as well; nothing is written. */
async function checkWriting(
  hub: ConfigHubClient,
  { autoFix }: Config,
  { desired }: HubFacts,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const check = 'right to write units';
  const [unit] = desired?.units ?? [];
  if (!autoFix) return [];
  if (unit === undefined) return [skip(check, 'a unit to ask about')];
  if (hub.abilities.generation === 'A') return [skip(check, 'an API with dry runs, which ConfigHub has from October 2025')];
  try {
    await hub.patchUnits({ where: `UnitID = ${quote(unit.id)}` }, { upgrade: true, dryRun: true }, signal);
    return [ok(check, `a dry run on ${sanitize(unit.space)}/${sanitize(unit.slug)} is accepted`)];
  } catch (error) {
    if (!(error instanceof ConfigHubError) || error.code === 'unavailable') throw error;
    return [failed(check, error)];
  }
}
