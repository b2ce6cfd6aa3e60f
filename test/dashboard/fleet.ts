import type { Report } from '../../src/domain/report.ts';
import { realisticReport } from '../browser/realistic.ts';
import { asPrevious, ranked, reportOf } from '../report/build.ts';
import { finding, hands, ref } from '../types/builders.ts';
import { type Published, type Scene, startScene } from './scene.ts';

/** Pages of the fleet, one with an open row. */
interface Fleet extends Scene {
  readonly paths: readonly string[];
}

/** Three clusters, one of them with the night of test/browser/realistic.ts and a contested field. */
export async function startFleet(days = 1): Promise<Fleet> {
  const night = realisticReport();
  const [first, second, ...others] = night.findings;
  if (!first || !second) throw new Error('the night has no findings');
  const eu: Report = {
    ...night,
    findings: [
      first,
      { ...second, reason: 'contested', detail: 'fixed 3 times, and kubectl-edit changed it back each time' },
      ...others,
    ],
    ignored: [
      { what: 'shop/Deployment/web /spec/replicas', reason: 'load test', until: '2026-12-01', isExpired: false },
      { what: 'ConfigMap *', reason: 'generated', until: '2026-11-01', isExpired: true },
    ],
    decisions: [
      {
        id: '1c2d3e4f',
        kind: 'fix',
        what: 'shop/deployment/ads: image of container app',
        by: 'Ann Lee <ann@example.org>',
        decidedAt: '2026-11-23T10:00:00Z',
        commit: '',
        reason: 'rollback agreed',
        effect: 'waiting',
        detail: 'the unit is paused until 2026-11-24 06:00Z',
      },
    ],
  };
  const us = {
    ...reportOf([ranked(finding({ ref: ref('search'), blame: hands }), { severity: 'low' })], {
      previous: asPrevious(reportOf([])),
    }),
    cluster: 'prod-us',
  };
  const staging = { ...reportOf([]), cluster: 'staging-eu' };
  // A history of some days, as the trend shows it.
  const earlier = Array.from({ length: days }, (_, day): Published => {
    const open = Array.from({ length: 2 + ((day * 5) % 7) }, (__, index) => ranked(finding({ ref: ref(`web-${index}`) })));
    return [{ ...reportOf(open), cluster: 'prod-eu' }, `2026-11-${String(23 - days + day).padStart(2, '0')}T02:17:00Z`];
  });
  const scene = await startScene([
    ...earlier,
    [us, '2026-11-22T20:47:00Z'],
    [staging, '2026-11-23T01:17:00Z'],
    [eu, '2026-11-23T12:00:40Z'],
  ]);
  const folder = 'prod-eu';
  return Object.assign(scene, {
    paths: ['/', `/findings?open=${folder}.${first.id}`, '/findings?severity=medium&sort=cost', '/history', '/ignored', '/runs'],
  });
}
