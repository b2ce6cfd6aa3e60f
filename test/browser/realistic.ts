import type { FindingClass } from '../../src/domain/finding-classes.ts';
import type { FixOutcome } from '../../src/domain/outcome.ts';
import { type Severity, severityOrder } from '../../src/domain/ranking.ts';
import { NO_REPORT, type Report } from '../../src/domain/report.ts';
import { Secret } from '../../src/domain/secret.ts';
import { asPrevious, NOW, outcome, ranked, reportOf } from '../report/build.ts';
import { CONTAINER, controller, envValue, finding, hands, IMAGE, REPLICAS, ref } from '../types/builders.ts';

// A night as it may have been: some of it fixed, some staged, some left.

const edited = {
  manager: 'kubectl-edit',
  operation: 'Update' as const,
  subresource: '',
  time: '2026-11-23T03:12:41Z',
  actor: 'hands' as const,
};
const setImage = { ...edited, manager: 'kubectl-set', time: '2026-11-23T03:04:00Z' };
const opinion = (severity: Severity, cause: string, advice: string, rank: number) => ({
  severity,
  rank,
  isHeld: false,
  advice: { cause, advice, confidence: 'medium' as const },
  promptVersion: '1',
});

const CONF = `user nginx;
worker_processes auto;
events {
  worker_connections 1024;
}
http {
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 65;
  gzip on;
  include /etc/nginx/conf.d/*.conf;
  server {
    listen 8080;
  }
}
`;
const checkout = ref('checkout');
const IMAGE_FINDING = finding({
  ref: checkout,
  path: IMAGE,
  desired: 'registry.example/checkout:3.1.0',
  live: 'registry.example/checkout:3.1.0-hotfix',
  blame: setImage,
  isCritical: true,
  restartsPods: true,
});
const UNORDERED = [
  ranked(IMAGE_FINDING, {
    severity: 'critical',
    costUsdPerMonth: 0,
    opinion: opinion(
      'critical',
      'A hotfix was rolled out by hand during the night.',
      'Commit the hotfix to the unit, or take it back before the next release.',
      1,
    ),
  }),
  ranked(finding({ ref: checkout, path: REPLICAS, desired: 4, live: 9, blame: hands, isCritical: true }), {
    severity: 'high',
    costUsdPerMonth: 146.35,
    opinion: opinion('high', 'Scaled up by hand, likely with the hotfix.', 'Scale back once the incident is over.', 2),
  }),
  ranked(
    finding({
      ref: checkout,
      path: envValue('FEATURE_FLAGS').slice(0, -1),
      class: 'added' as FindingClass,
      desired: undefined,
      live: { name: 'FEATURE_FLAGS', value: 'new-cart,dark' },
      blame: edited,
      isCritical: true,
      restartsPods: true,
    }),
    { severity: 'medium', costUsdPerMonth: 0 },
  ),
  ranked(
    finding({
      ref: checkout,
      path: envValue('DB_PASSWORD'),
      desired: new Secret('a'),
      live: new Secret('b'),
      blame: edited,
      isCritical: true,
    }),
    { severity: 'medium', costUsdPerMonth: 0 },
  ),
  ranked(
    finding({
      ref: ref('nginx', { kind: 'ConfigMap', apiVersion: 'v1' }),
      path: [{ field: 'data' }, { field: 'nginx.conf' }],
      desired: CONF,
      live: CONF.replace('worker_connections 1024', 'worker_connections 64').replace('  tcp_nopush on;\n', ''),
      blame: edited,
    }),
    { severity: 'high', costUsdPerMonth: undefined },
  ),
  ranked(
    finding({
      ref: ref('cart'),
      path: [...CONTAINER, { field: 'resources' }, { field: 'requests' }],
      desired: { cpu: '500m', memory: '1Gi' },
      live: { cpu: '2', memory: '1Gi' },
      blame: { ...controller, manager: 'cost-operator' },
    }),
    { severity: 'medium', costUsdPerMonth: 58.54 },
  ),
  ...['ads', 'recommend', 'search'].map((name) =>
    ranked(
      finding({
        ref: ref(name),
        path: IMAGE,
        desired: `registry.example/${name}:2.0.0`,
        live: `registry.example/${name}:2.0.1-rc1`,
        blame: { ...setImage, time: '2026-11-23T04:15:00Z' },
      }),
      { severity: 'medium', costUsdPerMonth: 0 },
    ),
  ),
  ranked(
    finding({
      ref: ref('legacy'),
      class: 'unmanaged',
      path: [],
      desired: undefined,
      live: undefined,
      blame: undefined,
      unit: '',
    }),
    {
      severity: 'info',
      costUsdPerMonth: undefined,
    },
  ),
];

const FINDINGS = UNORDERED.toSorted((a, b) => severityOrder(a.severity) - severityOrder(b.severity));

/** The report of the night, whose predecessor knew one of the drifts and had corrected another before. */
export function realisticReport(): Report {
  const web = ranked(finding({ ref: ref('web') }), { severity: 'high' });
  const before = reportOf([web, ...FINDINGS.slice(1, 2)], {
    outcomes: [
      outcome(web.finding.id, { changeSet: 'shop-prod/drift-prod-eu-1c2d3e4f' }),
      outcome(FINDINGS[1]?.finding.id ?? '', { revision: 9, changeSet: 'shop-prod/drift-prod-eu-1c2d3e4f' }),
    ],
    previous: NO_REPORT,
    now: new Date('2026-11-20T02:00:00Z'),
  });
  const gone = ranked(finding({ ref: ref('mailer'), live: 1 }), { severity: 'low' });
  const later = reportOf([gone], { previous: asPrevious(before), now: new Date('2026-11-21T02:00:00Z') });
  const outcomes: readonly FixOutcome[] = [
    ...FINDINGS.slice(6, 7).map((entry) => outcome(entry.finding.id, { changeSet: 'shop-prod/drift-prod-eu-57f7fc7f' })),
    outcome(IMAGE_FINDING.id, { result: 'staged', changeSet: 'platform/nightly-fixes', revision: 12 }),
  ];
  const report = reportOf([web, ...FINDINGS], {
    outcomes: [...outcomes, outcome(web.finding.id, { changeSet: 'shop-prod/drift-prod-eu-57f7fc7f', revision: 5 })],
    previous: asPrevious(later),
    now: NOW,
    promotions: [{ unit: 'shop-prod/cart', upstream: 'shop-staging/cart', refusal: '' }],
    snapshot: { failedReads: [{ what: 'apps/v1/StatefulSet', namespace: 'db', error: 'statefulsets.apps is forbidden' }] },
  });
  return { ...report, pauses: [{ what: 'shop/deployment/cart', until: '2026-11-24T06:00:00Z' }], notes: [] };
}
