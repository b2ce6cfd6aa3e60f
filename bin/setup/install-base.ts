import { connectConfigHub } from './confighub.ts';
import { writeBase } from './detector.ts';
import { script } from './script.ts';

const ABOUT = `Creates a project in ConfigHub: its name, the spaces PROJECT (filters, changesets) and PROJECT-base, filters, the set of
critical services, and the detector's unit in base. ConfigHub is that of CONFIGHUB_URL and CUB_TOKEN, or of a login of cub;
where there is neither, an embedded one is started, which runs in the background until bin/cleanup.`;

await script(
  'install-base',
  ABOUT,
  {
    image: {
      type: 'string',
      shown: '--image REF',
      help: "image of the detector; without it drift-detector, in this checkout's version",
    },
  },
  async (context) => {
    const { state, say, given, signal } = context;
    const hub = await connectConfigHub(context);
    say(`ConfigHub at ${hub.url}${hub.isEmbedded ? `, embedded; its data is in ${state.path('hub')}` : ''}`);
    if (typeof given['image'] === 'string') state.write('image', `${given['image']}\n`);

    const project = process.env['PROJECT'] || state.read('project')?.trim() || (await hub.cub('space', 'new-prefix')).trim();
    state.write('project', `${project}\n`);
    const base = `${project}-base`;

    if (!(await hub.has('space', project, ''))) await hub.cub('space', 'create', project, '--label', `project=${project}`);
    if (!(await hub.has('space', base, '')))
      await hub.cub('space', 'create', base, '--label', `project=${project},environment=base,base=true`);

    // Filters of the whole project: its applications, and what is critical among them.
    const filters = { app: "Labels.type = 'app'", critical: "Labels.tier = 'critical'" };
    if (!(await hub.has('filter', project, 'critical')))
      await hub.cub('set', 'create', 'critical-services', '--space', project, '--label', 'tier=critical');
    for (const [name, where] of Object.entries(filters)) {
      const query = `Space.Labels.project = '${project}' AND ${where}`;
      if (!(await hub.has('filter', project, name)))
        await hub.cub('filter', 'create', name, 'Unit', '--space', project, '--where-field', query);
    }

    await writeBase(context, hub, project);
    signal.throwIfAborted();
    say(`\nProject ${project} is there. Next: bin/install-envs`);
    if (hub.isEmbedded) say(`For cub in this shell: export PATH="${process.cwd()}/bin:$PATH"`);
  },
);
