import type { ConfigHub } from './confighub.ts';
import type { Environment } from './environments.ts';
import { ownImage, type Places, renderDetector } from './overlays.ts';
import type { Script } from './script.ts';

const DETECTOR = 'drift-detector';
/** By which the filter `app` selects a unit. */
export const APP = 'type=app';

/** The detector's unit in the space of base: the overlay without anything of an environment. */
export async function writeBase(script: Script, hub: ConfigHub, project: string): Promise<void> {
  const { file, isNew } = await renderDetector(script, project, 'base', placesOf(script, hub));
  const space = `${project}-base`;
  if (!(await hub.has('unit', space, DETECTOR)))
    await hub.cub('unit', 'create', DETECTOR, file, '--space', space, '--label', APP, '--change-desc', 'Initial deployment');
  else if (isNew) await hub.cub('unit', 'update', DETECTOR, file, '--space', space, '--change-desc', 'Overlay rendered again');
}

/** Its clones along the environments, each with the overlay of its own, which an upgrade from upstream then keeps. */
export async function writeEnvironments(
  script: Script,
  hub: ConfigHub,
  project: string,
  environments: readonly Environment[],
): Promise<void> {
  const places = placesOf(script, hub);
  for (const { name, upstream } of environments) {
    const [space, upstreamSpace] = [`${project}-${name}`, `${project}-${upstream}`];
    const isThere = await hub.has('unit', space, DETECTOR);
    if (isThere) await hub.cub('unit', 'update', DETECTOR, '--patch', '--upgrade', '--space', space);
    else
      await hub.cub(
        ...['unit', 'create', DETECTOR, '--space', space, '--upstream-unit', DETECTOR, '--upstream-space', upstreamSpace],
        ...['--label', APP, '--change-desc', `Initial deployment of ${name}`],
      );
    const { file, isNew } = await renderDetector(script, project, name, places);
    if (isNew || !isThere)
      await hub.cub('unit', 'update', DETECTOR, file, '--space', space, '--change-desc', `Overlay cronjobs/${name}`);
  }
}

function placesOf({ state }: Script, hub: ConfigHub): Places {
  return {
    hubUrl: (hub.isEmbedded && state.read('hub-url')?.trim()) || hub.url,
    reportRepo: process.env['REPORT_REPO'] ?? '',
    hasOwnVolume: ['kind', 'local'].includes(state.read('cluster')?.trim() ?? ''),
    image: state.read('image')?.trim() || ownImage(),
  };
}
