import { startControlPlane } from './control-plane.ts';
import { startProcesses } from './processes.ts';

// Started by stop.test.ts and killed by it: `runner.ts real` with a whole control plane, else with two idle programs.
if (process.argv[2] === 'real') {
  const cluster = await startControlPlane();
  process.stdout.write(`${cluster.kubeconfig.replace(/\/[^/]*$/u, '')}\n`);
} else {
  const processes = await startProcesses();
  for (const name of ['one', 'two']) processes.start(name, 'tail', ['-f', '/dev/null', '--', `${processes.folder}/${name}.log`]);
  process.stdout.write(`${processes.folder}\n`);
}
setInterval(() => undefined, 60_000);
