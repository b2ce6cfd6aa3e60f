import { type ControlPlane, startControlPlane } from './control-plane.ts';

let starting: Promise<ControlPlane> | undefined;

/** One control plane for all tests of a run; each test keeps to namespaces of its own. */
export function sharedControlPlane(): Promise<ControlPlane> {
  starting ??= startControlPlane({ onProgress: (line) => process.stderr.write(`${line}\n`) });
  return starting;
}

/** Root hook of mocha: stops what the tests started. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await (await starting)?.stop();
  },
};
