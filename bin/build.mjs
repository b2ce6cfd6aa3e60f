// Bundles src/ into dist/, which is all that the image holds beside package.json: no node_modules, no TypeScript.
//
//   node bin/build.mjs [DIRECTORY]     default: dist
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
// main.ts reads ../package.json from where it lies, so the folder stands beside package.json: one level below the root.
const outdir = resolve(process.argv[2] ?? join(root, 'dist'));

rmSync(outdir, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { 'drift-detector': 'src/main.ts' },
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // What a command imports late (Kubernetes client, embedded ConfigHub) stays apart: --help never reads it.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Not minified: a stack trace in a log must lead to a line, and that is worth 20 ms at the start (measured).
  legalComments: 'none',
  // CommonJS packages call require() for Node's own modules, which an ES module does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
  // The client's index loads 700 classes of the typed API; the transport needs KubeConfig alone.
  alias: { '@kubernetes/client-node': './node_modules/@kubernetes/client-node/dist/config.js' },
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), licences(Object.keys(metafile.inputs)));

/** The licence texts of everything bundled: a bundle is a copy, and a copy carries them. */
function licences(inputs) {
  const folders = new Set(inputs.flatMap((path) => path.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/u)?.[0] ?? []));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/iu.test(entry));
    // A few packages name their licence and bring no text.
    const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : `By ${author?.name ?? author ?? 'its authors'}.`;
    return `${name} ${version} (${license ?? 'see text'})\n\n${text}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}
