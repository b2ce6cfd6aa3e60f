import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, isSeq, parseDocument } from 'yaml';
import { ConfigError } from '../../src/domain/errors.ts';
import { type Json, stringAt } from '../../src/domain/json.ts';
import { isInstalled, run } from './kubectl.ts';
import { type Script, script } from './script.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Each kustomization that names the image of its own objects. */
const KUSTOMIZATIONS = ['base', 'components/local', 'components/reports'].map((name) => `manifests/${name}/kustomization.yaml`);
/** What the image is made of. */
const CONTENT = ['Dockerfile', 'LICENSE', 'bin', 'package.json', 'package-lock.json', 'src'];
const REPOSITORY = /^[a-z0-9]+([._-][a-z0-9]+)*(:\d+)?(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)+$/u;
const DIGEST = /^sha256:[0-9a-f]{64}$/u;

await script(
  'publish-image',
  `Builds the image for amd64 and arm64, with provenance and a list of what is in it, pushes it to your registry (docker login
comes first), and writes its digest into manifests/, so that every overlay runs exactly this image. Needs Docker with buildx.`,
  {
    repository: {
      type: 'string',
      shown: '--repository NAME',
      help: 'such as registry.example/platform/drift-detector (required)',
    },
  },
  async (context) => {
    const repository = String(context.given['repository'] ?? '');
    if (!REPOSITORY.test(repository))
      throw new ConfigError('the name of the repository is missing, or is none that a registry has', {
        code: 'usage',
        subject: '--repository',
        remedy: 'Name it without a tag, such as --repository registry.example/platform/drift-detector.',
      });
    if (!isInstalled('docker', ['buildx', 'version']))
      throw new ConfigError('the image cannot be built', {
        code: 'configuration',
        subject: 'docker buildx',
        remedy: 'Install Docker with its plugin buildx and start it.',
      });
    const digest = await publish(context, repository);
    for (const path of KUSTOMIZATIONS) {
      const file = join(ROOT, path);
      writeFileSync(file, pinned(readFileSync(file, 'utf8'), repository, digest));
      context.say(`${path}: ${repository}@${digest}`);
    }
    context.say('Commit this, and deploy: docs/deployment.md');
  },
);

/** Answers the digest of the index of both platforms. */
async function publish(context: Script, repository: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  const folder = mkdtempSync(join(tmpdir(), 'drift-image-'));
  try {
    const metadata = join(folder, 'metadata.json');
    const args = [
      ...['buildx', 'build', '--platform', 'linux/amd64,linux/arm64', '--provenance=mode=max', '--sbom=true', '--push'],
      ...['--build-arg', `VERSION=${version}`, '--build-arg', `REVISION=${await revision(context)}`],
      ...['--tag', `${repository}:${version}`, '--metadata-file', metadata, ROOT],
    ];
    context.say(`docker ${args.join(' ')}`);
    await run(context, 'docker', args);
    const digest = stringAt(JSON.parse(readFileSync(metadata, 'utf8')) as Json, 'containerimage.digest') ?? '';
    if (DIGEST.test(digest)) return digest;
    throw new ConfigError('docker buildx names no digest of what it pushed', {
      code: 'configuration',
      subject: repository,
      remedy: 'Update Docker and run the script again.',
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function revision(context: Script): Promise<string> {
  const git = async (...args: readonly string[]): Promise<string> => (await run(context, 'git', ['-C', ROOT, ...args])).trim();
  const isChanged = (await git('status', '--porcelain', '--', ...CONTENT)) !== '';
  return `${await git('rev-parse', 'HEAD')}${isChanged ? '-modified' : ''}`;
}

/** A kustomization with the digest in place of the tag; its comments stay. */
function pinned(text: string, repository: string, digest: string): string {
  const document = parseDocument(text);
  const images = document.get('images');
  const entry = isSeq(images) ? images.items.find((item) => isMap(item) && item.get('name') === 'drift-detector') : undefined;
  if (!isMap(entry)) throw new Error('a kustomization names no image drift-detector');
  entry.delete('newTag');
  entry.set('newName', repository);
  entry.set('digest', digest);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
