import { expect } from 'chai';
import { createKubernetesClient } from '../../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../../src/clients/kubernetes/transport.ts';
import type { UnitFix } from '../../../src/domain/plan.ts';
import { predictFixes } from '../../../src/stages/fix/predict.ts';
import { type Answer, served, startFakeApiServer } from '../../kubernetes/fake-api-server.ts';
import { noAnswers, sent } from '../../kubernetes/no-answers.ts';
import { compared, finding } from '../../types/builders.ts';

const FORBIDDEN: Answer = {
  status: 403,
  body: { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403, message: 'no' },
};
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** What becomes of the only fix of a unit that ConfigHub may apply with its own rights. */
async function refusalOf(patch: Answer, review: Answer): Promise<string> {
  const object = compared([finding()]);
  if (!object.desired) throw new Error('nothing is declared');
  const unitFix: UnitFix = {
    id: '',
    unit: object.desired.unit,
    objects: [{ desired: object.desired, live: object.live, fix: object.findings, leave: [] }],
    others: [],
    isCritical: false,
    writesPair: false,
    changeSet: undefined,
    isStaged: false,
    route: 'both',
  };
  await using server = await startFakeApiServer(({ pathname }) => {
    if (pathname === '/apis/apps/v1') return served('apps/v1', ['deployments', 'Deployment', true]);
    return pathname === REVIEWS ? review : patch;
  });
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: server.kubeconfig, userAgent: 'test' }));
  const predictions = await predictFixes({ fixes: [unitFix] }, client, {
    compare: () => [],
    deliveredFields: () => ({}),
    desiredManagers: ['confighub'],
    signal: new AbortController().signal,
  });
  const [prediction] = predictions.values();
  return [...(prediction?.refused.values() ?? [])].map(({ reason }) => reason).join() || 'nothing is refused';
}

describe('a fix whose dry run is not answered', () => {
  it('is blocked, whatever came instead', async () => {
    for (const none of noAnswers('no-answers.yaml').filter(({ status = 200 }) => status < 300))
      expect(await refusalOf(sent(none), FORBIDDEN), none.name).to.equal('denied');
  });

  it('is blocked if it is unknown whether only the account lacks the right', async () => {
    for (const none of noAnswers('no-answers.yaml')) expect(await refusalOf(FORBIDDEN, sent(none)), none.name).to.equal('denied');
  });

  it('is left to ConfigHub where the account alone lacks the right', async () => {
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', status: { allowed: false } };
    expect(await refusalOf(FORBIDDEN, { status: 201, body: review })).to.equal('nothing is refused');
  });
});
