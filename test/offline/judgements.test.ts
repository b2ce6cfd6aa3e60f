import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { readBuiltInSchemas } from '../../src/clients/kubernetes/built-in-schemas.ts';
import { diffTexts, type OfflineObject } from '../../src/commands/diff/offline.ts';
import { displayValue } from '../../src/domain/describe.ts';
import { printPath } from '../../src/domain/field-path.ts';
import { displayRef } from '../../src/domain/object-ref.ts';

// What is easily taken for a default, for a tool's own note, or for nothing at all.

const FILE = new URL('../../fixtures/offline/judgements.yaml', import.meta.url);
const RECORDS = (process.env['DRIFT_RECORD'] ?? '') !== '';
const source = parseDocument(readFileSync(FILE, 'utf8'));
const cases = z
  .array(z.object({ name: z.string(), desired: z.string(), live: z.string(), found: z.array(z.string()) }))
  .parse(source.toJS());

function linesOf({ ref, verdict, findings, informational, pending, fault }: OfflineObject): readonly string[] {
  const object = ref.name === '' ? '(no name)' : displayRef(ref);
  if (fault) return [`${object} ${verdict} ${fault.file}:${fault.line} ${fault.path}: ${fault.error}`];
  const said = [...findings, ...pending, ...informational].map(
    ({ class: found, path, desired, live, blame, restartsPods }) =>
      `${object} ${found} ${printPath(path)}${path.length === 0 ? '' : `: ${displayValue(desired)} -> ${displayValue(live)} by ${blame?.manager ?? 'nobody'}${restartsPods ? ', restarts pods' : ''}`}`,
  );
  return said.length > 0 ? said : [`${object} ${verdict}`];
}

describe('judgements', () => {
  for (const [index, { name, desired, live, found }] of cases.entries()) {
    it(name, async () => {
      const { objects } = diffTexts({
        desired: [{ file: 'desired', text: desired }],
        live: [{ file: 'live', text: live }],
        schemas: [await readBuiltInSchemas()],
        desiredManagers: ['confighub'],
        ignoreRules: [],
        now: new Date('2026-11-23T12:00:00Z'),
      });
      const said = objects.flatMap(linesOf);
      if (RECORDS) source.setIn([index, 'found'], said);
      else expect(said).to.deep.equal(found);
    });
  }
  after(() => {
    if (RECORDS) writeFileSync(FILE, source.toString({ lineWidth: 0 }));
  });
});
