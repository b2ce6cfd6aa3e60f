import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// npm run lint: form and rules (Biome), then exports, files and packages that nothing uses (knip).

const LINTERS = [
  ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  ['node_modules/knip/bin/knip.js', '--treat-config-hints-as-errors'],
];

const cwd = fileURLToPath(new URL('..', import.meta.url));
const codes = LINTERS.map((args) => spawnSync(process.execPath, args, { cwd, stdio: 'inherit' }).status);
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
