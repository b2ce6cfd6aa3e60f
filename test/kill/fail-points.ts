import childProcess from 'node:child_process';
import { appendFileSync } from 'node:fs';
import files from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import process from 'node:process';

// Loaded into a pass by `node --import`: every effect goes through here, is written to the file that FAIL_TRACE names, and
// the process kills itself right before or right after the one that FAIL_AT names, as `before|after NAME OCCURRENCE`.
// Production code has no hook: what is wrapped is Node's own lowest layer, so an effect that is added is found by itself.

const { FAIL_TRACE: trace, FAIL_AT: wanted = '' } = process.env;
const counts = new Map<string, number>();

/** Reports the start of an effect; returns the function to call when its answer has arrived and nothing has read it. */
function effect(name: string): () => void {
  const occurrence = (counts.get(name) ?? 0) + 1;
  counts.set(name, occurrence);
  if (trace) appendFileSync(trace, `${name}\n`);
  dieAt(`before ${name} ${occurrence}`);
  return () => dieAt(`after ${name} ${occurrence}`);
}

function dieAt(place: string): void {
  if (place !== wanted) return;
  process.kill(process.pid, 'SIGKILL');
  // Nothing more may happen until the signal is there.
  for (;;);
}

function withoutIds(path: string): string {
  return path.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu, '*');
}

/** What a write of ConfigHub is for, as far as its body says so. */
function purposeOf(body: string): string {
  const parts = [
    /"LastChangeDescription":"Drift detected/u.test(body) ? 'observed' : '',
    /"LastChangeDescription":"Fixed after/u.test(body) ? 'resumed' : '',
    /"LastChangeDescription":"Fixed (?!after)/u.test(body) ? 'restored' : '',
    /"ChangeSetID":"/u.test(body) ? 'opens changeset' : '',
    /"ChangeSetID":null/u.test(body) ? 'closes changeset' : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

const realFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const method = init?.method ?? 'GET';
  if (method === 'GET') return realFetch(input, init);
  const { pathname, searchParams } = new URL(input instanceof Request ? input.url : input);
  const description = searchParams.get('last_change_description');
  const body = description === null ? String(init?.body ?? '') : `"LastChangeDescription":"${description}`;
  const dry = searchParams.has('dry_run') ? ' (dry run)' : '';
  const finished = effect(`hub ${method} ${withoutIds(pathname)}${purposeOf(body)}${dry}`);
  const answer = await realFetch(input, init);
  finished();
  return answer;
};

/** Names and namespaces are the scene's; what is done to which kind is the effect. */
function kubernetesName(method: string, path: string, headers: http.OutgoingHttpHeaders): string {
  const url = new URL(path);
  const kind = /\/(deployments|leases|selfsubjectaccessreviews)(\/|$)/u.exec(url.pathname)?.[1] ?? url.pathname;
  const how = { 'application/apply-patch+yaml': ' apply', 'application/json-patch+json': ' JSON patch' };
  const type = String(headers['content-type'] ?? '');
  const dry = url.searchParams.has('dryRun') ? ' (dry run)' : '';
  return `cluster ${method}${type in how ? how[type as keyof typeof how] : ''} ${kind}${dry}`;
}

for (const module of [http, https]) {
  const real = module.request;
  // The transport asks in one way only: address, options, what to do with the answer.
  const wrapped = (
    url: string,
    options: https.RequestOptions,
    onAnswer: (answer: http.IncomingMessage) => void,
  ): http.ClientRequest => {
    const method = options.method ?? 'GET';
    if (method === 'GET') return real(url, options, onAnswer);
    const headers = Array.isArray(options.headers) || options.headers === undefined ? {} : options.headers;
    const name = kubernetesName(method, url, headers as http.OutgoingHttpHeaders);
    const purpose = PURPOSES.get(name);
    if (purpose) return requestFor((payload) => `${name} (${purpose(payload)})`, real, url, options, onAnswer);
    const finished = effect(name);
    return real(url, options, (answer) => {
      finished();
      onAnswer(answer);
    });
  };
  Object.assign(module, { request: wrapped });
}

/** Requests that only their body tells apart, which is known when they end. */
const PURPOSES = new Map<string, (payload: string) => string>([
  ['cluster PUT leases', (payload) => (/"holderIdentity":""/u.test(payload) ? 'gives back' : 'takes or renews')],
  ['cluster PATCH JSON patch deployments', (payload) => (payload.includes('/metadata/managedFields') ? 'ownership' : 'values')],
]);

function requestFor(
  nameOf: (payload: string) => string,
  real: typeof https.request,
  url: string,
  options: https.RequestOptions,
  onAnswer: (answer: http.IncomingMessage) => void,
): http.ClientRequest {
  let finished = (): void => undefined;
  const request = real(url, options, (answer) => {
    finished();
    onAnswer(answer);
  });
  const end = request.end.bind(request);
  Object.assign(request, {
    end: (payload: string): http.ClientRequest => {
      finished = effect(nameOf(payload));
      return end(payload);
    },
  });
  return request;
}

const realSpawn = childProcess.spawn;
function spawn(command: string, args: readonly string[], options: childProcess.SpawnOptions): childProcess.ChildProcess {
  // The settings of a Git command stand before its name.
  const rest = [...args];
  while (rest[0] === '-c') rest.splice(0, 2);
  const dry = rest.includes('--dry-run') ? ' (dry run)' : '';
  const finished = effect(`${command} ${rest[0] ?? ''}${dry}`);
  const child = realSpawn(command, args, options);
  child.once('exit', finished);
  return child;
}
Object.assign(childProcess, { spawn });

/** What a file is for, without what is another in each pass. */
function roleOf(path: string): string {
  const name = basename(path);
  if (/^openapi-/u.test(name)) return 'schema';
  if (/^drift-report-/u.test(name)) return 'work folder';
  return /^\d+$/u.test(name) ? 'of the report' : name;
}

for (const method of ['writeFile', 'appendFile', 'rename', 'mkdir', 'mkdtemp', 'rm'] as const) {
  const real: (...args: never[]) => Promise<unknown> = files[method];
  const wrapped = async (...args: never[]): Promise<unknown> => {
    const finished = effect(`file ${method} ${roleOf(String(args[0]))}`);
    const result = await real(...args);
    finished();
    return result;
  };
  Object.assign(files, { [method]: wrapped });
}

syncBuiltinESMExports();
