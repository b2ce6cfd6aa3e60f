import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { findBinaries, findJq } from '../control-plane/binaries.ts';
import { resolveVersion } from '../control-plane/version.ts';
import { whyNoKubelet } from '../kubelet/kubelet.ts';
import { readWalkthrough, type Step } from './page.ts';
import { openShell, type Shell } from './typed.ts';

// docs/walkthrough.md, typed block by block, on a real control plane whose passes run as pods.

interface Exception {
  /** What the block begins with. */
  readonly typed: string;
  readonly why: string;
  /** Typed in its place; '' for nothing. */
  readonly instead?: string;
  /** Each line that is shown is printed, in that order, and others may be between. */
  readonly isPart?: true;
  /** Typed again until it prints what is shown, for half a minute. */
  readonly isUnderWay?: true;
  /** Typed with DRIFT_LONG=1 alone. */
  readonly isLong?: true;
}

const isLong = (process.env['DRIFT_LONG'] ?? '') !== '';

/** All blocks that are not typed as they stand, or print more than the page shows. */
const EXCEPTIONS: readonly Exception[] = [
  { typed: 'bin/create-cluster', why: 'kind and Docker may be here, and are not meant', instead: 'bin/create-cluster --local' },
  { typed: 'kubectl apply -f https', why: "metrics-server's address is none of this machine's", instead: '' },
  {
    typed: 'bin/install-envs --regions',
    why: 'the same, and it takes half a minute',
    instead: 'bin/install-envs --regions\nbin/create-cluster --local\nbin/deploy-test',
    isLong: true,
  },
  ...["sed 's/replicas", "sed 's/backend-api", 'for region in eu us'].map(
    (typed): Exception => ({ typed, why: 'of the regions', isLong: true }),
  ),
  {
    typed: 'kubectl logs -n devops-apps -l app=drift-detector --follow',
    why: "the dashboard's pod goes on",
    instead: `exec 3< <(exec kubectl logs -n devops-apps -l app=drift-detector --follow)
      sed '/report committed as/q' <&3
      kill $!`,
    isPart: true,
  },
  {
    typed: 'kubectl port-forward',
    why: 'it stays in the foreground, and the port may be taken here',
    instead: `kubectl port-forward -n devops-apps svc/drift-detector :8080 >"$HOME/forward" 2>&1 &
      echo $! >"$HOME/forward.pid"
      until grep -F 127.0.0.1 "$HOME/forward"; do kill -0 $!; sleep 0.1; done`,
  },
  { typed: 'kubectl logs', why: 'pods of a pass before, or of one on schedule, may be there still', isPart: true },
  { typed: 'kubectl get pods', why: 'the same', isPart: true },
  { typed: 'for page in', why: 'the newest report is read within 15 seconds', isUnderWay: true },
  { typed: "curl -sf 'http", why: 'the same', isUnderWay: true },
  { typed: 'kubectl get deployments', why: 'the controllers still start and stop pods', isUnderWay: true },
];

/** What differs each time it is typed, with its placeholder. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, 'TIME'],
  [/\b\d\d:\d\dZ/gu, 'TIME'],
  [/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gu, 'ID'],
  [/(?<=\b(?:drift:|sha256:|committed as ))[\da-f]+/gu, 'HASH'],
  [/(?<=\bchangeset drift-dev-)[\da-f]+/gu, 'HASH'],
  // Of a pod.
  [/(?<=\bdrift-now-)[\da-z]{5}\b/gu, 'POD'],
  [/(?<=\bdrift-detector-)[\da-z]{8,10}-[\da-z]{5}\b/gu, 'POD'],
  // The dashboard is ready from the first report on that it reads.
  [/\b[01]\/1(?= +Running)/gu, 'READY'],
  [/(?<=\b127\.0\.0\.1:)\d+(?= -> )/gu, 'PORT'],
  // An age at the end of a row of kubectl's.
  [/ (?:\d+[dhms])+$/gmu, ' AGE'],
  // Columns are as wide as what is in them.
  [/ {2,}/gu, ' '],
];

function comparable(text: string, project: string): readonly string[] {
  const named = text.replaceAll(project, 'chubby-paws');
  const same = VARIABLE.reduce((all, [pattern, name]) => all.replaceAll(pattern, name), named);
  return same
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

const TICK_MS = 600_000;
/** From drift to the end of the pass that is typed, on a busy machine. */
const CLEAR_MS = 45_000;
const UNDER_WAY_MS = 30_000;

/** Before these no pass on schedule may be due: it would be there before the one that is typed. */
const UNDISTURBED = /--with-drift|kubectl scale|unit apply --space \$\(bin\/proj\)-dev/u;

async function awaitSchedule(shell: Shell): Promise<void> {
  const next = Math.ceil(Date.now() / TICK_MS) * TICK_MS;
  if (next - Date.now() > CLEAR_MS) return;
  await sleep(next - Date.now());
  const detector = 'cronjob/drift-detector -n devops-apps';
  if ((await shell.ok(`kubectl get ${detector} --ignore-not-found -o name`)) === '') return;
  const at = new Date(next).toISOString().replace('.000', '');
  await shell.ok(`kubectl wait ${detector} --timeout=90s --for=jsonpath='{.status.lastScheduleTime}'=${at}`);
  // By its name, which has the minute in it: a CronJob's older Jobs may be deleted meanwhile.
  await shell.ok(`kubectl wait job/drift-detector-${next / 60_000} -n devops-apps --timeout=90s --for=condition=complete`);
}

describe('docs/walkthrough.md', function () {
  this.timeout(180_000);
  const steps = readWalkthrough();
  const used = new Set<Exception>();
  let shell: Shell;
  let setId = '';
  let forwarded = '';

  before(async function () {
    const why = whyNoKubelet();
    if (why !== undefined) {
      if (process.env['CI']) throw new Error(`Pods cannot run here: ${why}.`);
      process.stderr.write(`\nNOT TESTED: the walk-through, whose passes run as pods: ${why}.\n`);
      this.skip();
    }
    const options = {
      version: resolveVersion(process.env['KUBERNETES_VERSION']),
      environment: process.env,
      onProgress: () => undefined,
      signal: new AbortController().signal,
    };
    shell = await openShell([dirname((await findBinaries(options)).kubectl), await findJq(options)]);
  });
  after(async () => {
    await shell?.type('kill "$(cat "$HOME/forward.pid")"');
    await shell?.[Symbol.asyncDispose]();
  });

  async function type(typed: string): Promise<string> {
    const command = typed.replaceAll('<set-id-from-above>', setId).replaceAll('localhost:8080', `localhost:${forwarded}`);
    if (UNDISTURBED.test(command)) await awaitSchedule(shell);
    // Together, as a terminal shows them.
    const answer = await shell.ok(`exec 2>&1\nset -e\n${command}`);
    setId = /created set \S+ \(([\da-f-]+)\)/u.exec(answer)?.[1] ?? setId;
    forwarded = /^Forwarding from 127\.0\.0\.1:(\d+) /mu.exec(answer)?.[1] ?? forwarded;
    return answer;
  }

  async function compare(answer: string, printed: string, exception: Exception | undefined): Promise<void> {
    const project = (await shell.ok('bin/proj')).trim();
    const [found, shown] = [comparable(answer, project), comparable(printed, project)];
    if (!exception?.isPart) {
      expect(found).to.deep.equal(shown);
      return;
    }
    const missing = found.reduce((rest, line) => (line === rest[0] ? rest.slice(1) : rest), shown);
    expect(missing, `not in this order in\n${found.join('\n')}\n`).to.deep.equal([]);
  }

  async function check(step: Step, answer: string, exception: Exception | undefined): Promise<void> {
    if (step.printed === undefined) return;
    const deadline = Date.now() + UNDER_WAY_MS;
    for (let latest = answer; ; latest = await type(step.typed))
      try {
        return await compare(latest, step.printed, exception);
      } catch (error) {
        if (!exception?.isUnderWay || Date.now() > deadline) throw error;
      }
  }

  let isBroken = false;
  for (const step of steps)
    it(`${step.heading}: ${step.typed.split('\n')[0]}`, async function () {
      // All that follows builds on what was typed.
      if (isBroken) this.skip();
      isBroken = true;
      const exception = EXCEPTIONS.find(({ typed }) => step.typed.startsWith(typed));
      if (exception) used.add(exception);
      if (exception?.isLong && !isLong) {
        isBroken = false;
        return;
      }
      const answer = await type(exception?.instead ?? step.typed);
      isBroken = false;
      await check(step, answer, exception);
    });

  it('needs each of its exceptions', () => {
    expect(EXCEPTIONS.filter((each) => !used.has(each))).to.deep.equal([]);
  });
});
