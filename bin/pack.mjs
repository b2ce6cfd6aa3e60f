// Packs the bundle for npm, with the commands drift-detector and kubectl-drift, which is kubectl's name for `kubectl drift`.
// Not from this folder: its package.json lists what the sources need, of which the bundle needs nothing, and the pinned Node.
//
//   npm run package [DIRECTORY]     default: dist
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const destination = resolve(process.argv[2] ?? join(root, 'dist'));
const { name, version, description, license, type, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entry = 'dist/drift-detector.mjs';

const folder = mkdtempSync(join(tmpdir(), 'drift-package-'));
try {
  execFileSync(process.execPath, [join(root, 'bin/build.mjs'), join(folder, 'dist')]);
  const bin = { 'drift-detector': entry, 'kubectl-drift': entry };
  const manifest = { name, version, description, license, type, engines, bin, files: ['dist'] };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of ['LICENSE', 'README.md']) copyFileSync(join(root, file), join(folder, file));
  mkdirSync(destination, { recursive: true });
  const options = ['--ignore-scripts', '--loglevel=error', `--pack-destination=${destination}`];
  const file = execFileSync('npm', ['pack', ...options], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  process.stdout.write(`${join(destination, file.trim())}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
