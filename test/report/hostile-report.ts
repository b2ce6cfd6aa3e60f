import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { Report } from '../../src/domain/report.ts';
import { envValue, finding, ref } from '../types/builders.ts';
import { asPrevious, outcome, ranked, reportOf } from './build.ts';

/** One text for each place of a report that the world may write. */
export const HARMLESS = {
  cluster: 'prod-eu',
  name: 'web',
  namespace: 'shop',
  kind: 'Deployment',
  key: 'key',
  desired: 'a',
  live: 'b',
  manager: 'kubectl',
  unit: 'prod/web',
  detail: 'a detail',
  message: 'a message',
  changeSet: 'prod/fixes',
  cause: 'a cause',
  advice: 'an advice',
  error: 'an error',
  guard: 'a guard',
  promotion: 'prod/cart',
  pause: 'shop/deployment/cart',
  until: 'tomorrow',
  group: 'an action',
  note: 'a note',
  prices: 'list prices',
};
export type Words = Readonly<Record<keyof typeof HARMLESS, string>>;

/** Something for each place. */
export function mapWords<T>(make: (place: keyof Words) => T): Record<keyof Words, T> {
  const places = Object.keys(HARMLESS) as readonly (keyof Words)[]; // Object.keys gives exactly these.
  return Object.fromEntries(places.map((place) => [place, make(place)])) as Record<keyof Words, T>; // One entry for each.
}

const stringsSchema = z.array(z.object({ about: z.string(), text: z.string() }));

/** Names that an attacker or a careless person might choose. */
export function hostileStrings(): readonly { readonly about: string; readonly text: string }[] {
  const path = new URL('../../fixtures/report/hostile-strings.json', import.meta.url);
  return stringsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** Of four drifts one is fixed, one failed, one is contested and one is gone, with every text that the world may have written. */
export function reportFrom(texts: Words): Report {
  const object = ref(texts.name, { namespace: texts.namespace, kind: texts.kind });
  const blame = {
    manager: texts.manager,
    operation: 'Update' as const,
    subresource: texts.manager,
    time: texts.until,
    actor: 'hands' as const,
  };
  const common = { ref: object, desired: texts.desired, live: texts.live, blame, unit: texts.unit };
  const open = finding({ ...common, path: [{ field: 'data' }, { field: `o${texts.key}` }] });
  const fixed = finding({ ...common, path: envValue(texts.key) });
  const failed = finding({ ...common, path: [{ field: 'spec' }, { key: { name: texts.key } }, { member: texts.key }] });
  const gone = finding({ ...common, path: [{ field: 'gone' }] });
  const opinion = {
    severity: 'low' as const,
    rank: 1,
    isHeld: false,
    advice: { cause: texts.cause, advice: texts.advice, confidence: 'low' as const },
    promptVersion: '1',
  };
  const report = reportOf(
    [open, fixed, failed].map((entry) => ranked(entry, { opinion })),
    {
      detail: texts.detail,
      outcomes: [
        outcome(fixed.id, { changeSet: texts.changeSet }),
        outcome(failed.id, { result: 'failed', message: texts.message, changeSet: texts.changeSet }),
      ],
      snapshot: { failedReads: [{ what: 'apps/v1/Nothing', namespace: texts.namespace, error: texts.error }] },
      // One that went, and one that had another value.
      previous: asPrevious(reportOf([ranked(gone), ranked({ ...open, fingerprint: `was ${open.fingerprint}` })])),
      comparison: {
        ignores: [
          { rule: { name: texts.name, path: texts.key, reason: texts.note, until: texts.until }, matches: 1, isExpired: false },
        ],
      },
    },
  );
  const findings = report.findings.map((line) => (line.id === open.id ? { ...line, reason: 'contested' } : line));
  return {
    ...report,
    cluster: texts.cluster,
    findings,
    guard: { name: 'mass-change', detail: texts.guard },
    promotions: [{ unit: texts.promotion, upstream: texts.promotion, refusal: texts.error }],
    pauses: [{ what: texts.pause, until: texts.until }],
    groups: [{ title: texts.group, findings: [open.id, failed.id] }],
    notes: [texts.note],
    prices: texts.prices,
  };
}
