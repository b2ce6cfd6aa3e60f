// The program's entry, of the sources and of the bundle. What it imports late uses the syntax of a new Node, which an older
// one refuses without a word about versions, or ignores (`import.meta.main` before 24.2): so the version is checked first.
import { isNodeAtLeast, UNSUITABLE, wantedNode } from './node-version.mjs';

const wanted = wantedNode();
if (isNodeAtLeast(wanted)) {
  const { runProcess } = await import('../src/main.ts');
  await runProcess();
} else {
  const sentence = `drift-detector needs Node ${wanted} or newer, and this is Node ${process.versions.node} (${process.execPath}). Install a newer Node.`;
  // A line of JSON where no person reads, as main.ts prints its errors.
  const line = JSON.stringify({ level: 'error', event: 'failed-configuration', msg: sentence });
  process.stderr.write(process.stderr.isTTY ? `${sentence}\n` : `${line}\n`);
  process.exitCode = UNSUITABLE;
}
