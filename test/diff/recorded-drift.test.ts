import { expect } from 'chai';
import { readBuiltInSchemas } from '../../src/clients/kubernetes/built-in-schemas.ts';
import { printPath } from '../../src/domain/field-path.ts';
import { assembleDesired } from '../../src/stages/desired/desired.ts';
import { createCompare, recordedDrift } from '../../src/stages/diff/diff.ts';
import { CLUSTER, ref, unit, workload } from '../types/builders.ts';

const options = { cluster: CLUSTER, desiredManagers: ['confighub'] };
const schemas = { 'apps/v1': await readBuiltInSchemas() };
const compare = createCompare({ autoscalers: [], schemas, failedReads: [] }, options);
const DESIRED = [workload(ref('web'), 3), workload(ref('api'), 2)];

function drift(observed: readonly unknown[], description: string): readonly string[] {
  const text = DESIRED.map((document) => JSON.stringify(document)).join('\n---\n');
  const { objects } = assembleDesired([{ ok: true, unit: unit('shop', { text }) }], '');
  const revision = observed.map((document) => JSON.stringify(document)).join('\n---\n');
  return recordedDrift(objects, revision, description, compare).flatMap(({ findings }) =>
    findings.map(({ class: found, ref: { name }, path, live, blame }) => {
      const who = blame ? `${blame.actor} ${blame.manager} ${blame.subresource} ${blame.time ?? ''}` : 'nobody';
      return `${found} ${name}${printPath(path)} ${JSON.stringify(live)} by ${who}`.trim();
    }),
  );
}

describe('the drift that a revision holds', () => {
  it('is what its text has otherwise than desired, by whom its description says', () => {
    const observed = [
      workload(ref('web'), 5),
      workload(ref('api'), 2, { image: 'registry.example/app:9', env: [{ name: 'DEBUG', value: 'true' }] }),
    ];
    const description =
      'Drift detected: replicas 3 → 5 (kubectl via scale, time unknown, first seen 03:00Z); image of container app 1.4.2 → 9 (argocd-controller, 2026-11-23T02:00:00Z, first seen 03:00Z); and 1 more [drift:0123456789abcdef sha256:0123456789ab]';
    expect(drift(observed, description)).to.deep.equal([
      'changed web/spec/replicas 5 by hands kubectl scale',
      'changed api/spec/template/spec/containers[name=app]/image "registry.example/app:9" by gitops argocd-controller  2026-11-23T02:00:00Z',
      'added api/spec/template/spec/containers[name=app]/env[name=DEBUG] {"name":"DEBUG","value":"true"} by nobody',
    ]);
  });

  it('is nothing if the text is the desired one, or another author wrote it', () => {
    expect(drift(DESIRED, 'Drift detected: replicas 3 → 5 (kubectl, time unknown, first seen 03:00Z)')).to.deep.equal([]);
    expect(drift([workload(ref('stray'), 9)], 'A new workload')).to.deep.equal([]);
  });

  it('has no writer if it was unknown', () => {
    const unknown = 'Drift detected: replicas 3 → 5 (unknown, time unknown, first seen 03:00Z) [drift:0123456789abcdef]';
    expect(drift([workload(ref('web'), 5)], unknown)).to.deep.equal(['changed web/spec/replicas 5 by nobody']);
  });
});
