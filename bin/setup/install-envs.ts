import { connectConfigHub } from './confighub.ts';
import { writeEnvironments } from './detector.ts';
import { environmentsOf } from './environments.ts';
import { script } from './script.ts';
import { projectOf } from './state.ts';

const ABOUT = `Creates the project's environments in ConfigHub, each a space whose units are clones of those before it:
base -> dev -> staging -> prod. The detector's unit of each holds its overlay of cronjobs/.`;

await script(
  'install-envs',
  ABOUT,
  {
    regions: {
      type: 'boolean',
      shown: '--regions',
      help: 'also staging-us and staging-eu beside staging, prod-us, prod-eu and prod-asia beside prod',
    },
  },
  async (context) => {
    const { state, say, given } = context;
    const project = projectOf(state);
    const hub = await connectConfigHub(context);
    const environments = environmentsOf(state, given['regions'] === true || undefined);
    for (const { name, labels } of environments) {
      const text = Object.entries({ project, ...labels }).map((pair) => pair.join('='));
      if (!(await hub.has('space', `${project}-${name}`, '')))
        await hub.cub('space', 'create', `${project}-${name}`, '--label', text.join(','));
    }
    await writeEnvironments(context, hub, project, environments);
    say(`\nEnvironments ${environments.map(({ name }) => name).join(', ')} are there. Next: bin/create-cluster`);
    say("To see them: cub unit tree --node=space --filter $(bin/proj)/app --space '*'");
  },
);
