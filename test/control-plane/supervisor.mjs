// Holds the processes of one control plane and stops them for certain. Its standard input is a pipe from whoever
// started it: when that process ends, however it ends, the pipe closes, and everything here is stopped and deleted.
//
//   node supervisor.mjs FOLDER
// Standard input: one JSON line a program, {"name", "command", "args"}. Standard output: {"ready"} once, then
// {"exited": name, "code"} for each program that ends by itself.
import { spawn } from 'node:child_process';
import { openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
const children = new Map();
let isStopping = false;

function record() {
  const pids = [...children.values()].map((child) => child.pid);
  const file = join(folder, 'processes.json');
  // Renamed, so that no reader sees half of it.
  writeFileSync(`${file}.new`, JSON.stringify({ supervisor: process.pid, pids }));
  renameSync(`${file}.new`, file);
}

function start({ name, command, args }) {
  const log = openSync(join(folder, `${name}.log`), 'a');
  // A group of its own: Ctrl-C on the terminal reaches only the runner, and the order of stopping stays ours.
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', log, log], detached: true });
  children.set(name, child);
  child.on('error', (error) => exited(name, error.message));
  child.on('exit', (code, signal) => exited(name, signal ?? code));
  record();
}

function exited(name, code) {
  children.delete(name);
  if (isStopping) finishWhenEmpty();
  else process.stdout.write(`${JSON.stringify({ exited: name, code })}\n`);
}

function finishWhenEmpty() {
  if (children.size > 0) return;
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

function stop() {
  if (isStopping) return;
  isStopping = true;
  for (const child of children.values()) child.kill('SIGTERM');
  // Nothing in here is worth a slow goodbye: the API server and etcd alone would take 1.7 s.
  setTimeout(() => {
    for (const child of children.values()) child.kill('SIGKILL');
  }, 250).unref();
  finishWhenEmpty();
}

// Ctrl-C is the runner's business; it closes the pipe when it is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal === 'SIGTERM' && stop());
process.stdout.on('error', () => undefined);
// Whatever is wrong here, the programs must not outlive it.
process.on('uncaughtException', (error) => {
  process.stdout.write(`${JSON.stringify({ exited: 'supervisor', code: error.message })}\n`);
  stop();
});
record();
process.stdout.write('{"ready":true}\n');
createInterface({ input: process.stdin })
  .on('line', (line) => start(JSON.parse(line)))
  .on('close', stop);
