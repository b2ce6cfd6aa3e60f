// Bundles src/ into dist/, which is all that the image holds beside package.json: no node_modules, no TypeScript.
//
//   node bin/build.mjs [DIRECTORY]     default: dist
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licences } from './licences.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// bin/drift-detector.mjs reads ../package.json relative to itself, so its folder is beside package.json.
const outdir = resolve(process.argv[2] ?? join(root, 'dist'));

// What the client's kubeconfig could also make, a typed client over undici, costs a third of the memory at the start; the
// transport is node:https, with KubeConfig for addresses and credentials alone.
const withoutTypedClient = {
  name: 'without-typed-client',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$|^\.\/gen\/index\.js$/ }, ({ path, importer }) =>
      /@kubernetes[\\/]client-node[\\/]dist[\\/]config\.js$/.test(importer) ? { path, namespace: 'left-out' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: `const leftOut = function () { throw new Error('the typed Kubernetes client is not part of the bundle'); };
        export { leftOut as Agent, leftOut as ProxyAgent, leftOut as createConfiguration, leftOut as ServerConfiguration };`,
    }));
  },
};

rmSync(outdir, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['bin/drift-detector.mjs'],
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
  plugins: [withoutTypedClient],
  metafile: true,
  logLevel: 'warning',
});
const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) =>
  Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0),
);
writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), licences(root, [...new Set(bundled)]));
// What the dashboard sends to browsers as it is, beside the code that reads it.
const sent = bundled.includes('src/dashboard/assets.ts') ? ['dashboard.css', 'dashboard.js', 'icon.svg'] : [];
for (const name of sent) copyFileSync(join(root, 'src/dashboard', name), join(outdir, name));
