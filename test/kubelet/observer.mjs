// Runs in the pods of kubelet.test.ts:
//   observe          prints what it finds around it as JSON and exits with 3
//   serve            answers HTTP at 8080: prints the path, /exit/N ends it; at SIGTERM says so and ends
//   stay             does not end at SIGTERM
import { accessSync, constants, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';

const SECRETS = '/var/run/secrets';
const [command, ...rest] = process.argv.slice(2);

function attempt(action) {
  try {
    action();
    return 'done';
  } catch (error) {
    return error.code;
  }
}

function files(folder) {
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => !name.startsWith('..'))
      .map((name) => {
        const path = join(folder, name);
        const { mode, uid, gid } = statSync(path);
        return [name, { text: readFileSync(path, 'utf8'), mode: (mode & 0o777).toString(8), owner: `${uid}:${gid}` }];
      }),
  );
}

/** Who the API server says that the token's bearer is. */
function whoAmI(account) {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  const headers = { authorization: `Bearer ${account.token.text}`, 'content-type': 'application/json' };
  const options = { host, port, path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', method: 'POST', headers };
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, ca: account['ca.crt'].text }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk)).on('end', () => resolve(JSON.parse(body).status?.userInfo ?? body));
    });
    sent.on('error', reject).end('{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}');
  });
}

async function observe() {
  const account = files(join(SECRETS, 'kubernetes.io/serviceaccount'));
  const status = readFileSync('/proc/self/status', 'utf8');
  const seen = {
    arguments: rest,
    environment: process.env,
    identity: { uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(), cwd: process.cwd() },
    capabilities: /^CapBnd:\s*(\w+)$/mu.exec(status)[1],
    noNewPrivileges: /^NoNewPrivs:\s*(\d)$/mu.exec(status)[1],
    secrets: files(join(SECRETS, 'drift-detector')),
    account,
    user: await whoAmI(account),
    writes: Object.fromEntries(
      ['/file', '/tmp/file', '/usr/bin/file-of-the-test', join(SECRETS, 'drift-detector/file')].map((path) => [
        path,
        attempt(() => writeFileSync(path, '')),
      ]),
    ),
    machine: attempt(() => accessSync('/root', constants.F_OK)),
    processes: readdirSync('/proc').filter((name) => /^\d+$/u.test(name)).length,
  };
  process.stderr.write('on standard error\n');
  process.stdout.write(`${JSON.stringify(seen)}\nthe last line\n`);
  process.exitCode = 3;
}

function serve() {
  createServer(({ url = '' }, response) => {
    console.log(`asked for ${url}`);
    response.end(`served ${url}`, () => {
      if (url.startsWith('/exit/')) process.exit(Number(url.slice('/exit/'.length)));
    });
  }).listen(8080);
  process.on('SIGTERM', () => {
    console.log('asked to stop');
    process.exit(0);
  });
}

function stay() {
  process.on('SIGTERM', () => console.log('stays'));
  setInterval(() => undefined, 1_000);
}

await { observe, serve, stay }[command]();
