import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ImageFolder, ROOT } from '../image/build.ts';
import { finalStage, parseDockerfile } from '../image/dockerfile.ts';
import type { ProcessImage } from './kubelet.ts';

/** The image of drift-detector as the Dockerfile describes it, of a built folder, this Node, and this machine's Git. */
export function detectorImage(folder: Pick<ImageFolder, 'path'>): ProcessImage {
  const instructions = finalStage(parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')));
  const all = (name: string): readonly string[] => instructions.filter(({ word }) => word === name).map(({ rest }) => rest);
  const last = (name: string): string => {
    const found = all(name).at(-1);
    if (found === undefined) throw new Error(`The Dockerfile's last stage has no ${name}.`);
    return found;
  };
  // An array of strings in JSON: what Docker's exec form is.
  const entrypoint = JSON.parse(last('ENTRYPOINT')) as readonly string[];
  // Entry by entry: the folder itself may be closed to the image's user, as a temporary one is.
  const content = readdirSync(folder.path).map((name) => [join(last('WORKDIR'), name), join(folder.path, name)] as const);
  return {
    files: { '/usr/local/bin/node': process.execPath, ...Object.fromEntries(content) },
    // The first process of a container here does what tini does: it passes signals on and reaps.
    entrypoint: entrypoint.slice(entrypoint.indexOf('--') + 1),
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...all('ENV')],
    workingDir: last('WORKDIR'),
    user: last('USER'),
  };
}
