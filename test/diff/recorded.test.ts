import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readBuiltInSchemas } from '../../src/clients/kubernetes/built-in-schemas.ts';
import { openApiOfCrd } from '../../src/clients/kubernetes/openapi.ts';
import { diffTexts, type OfflineObject } from '../../src/commands/diff/offline.ts';
import { printPath } from '../../src/domain/field-path.ts';
import { canonicalJson, type FieldValue, type Finding } from '../../src/domain/finding.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { Secret } from '../../src/domain/secret.ts';

// What real actors did on a real API server (test/diff/record.ts), and the findings that it must give, written by hand.

interface Expected {
  /** `kind/name`. */
  readonly object: string;
  readonly verdict: string;
  readonly findings?: readonly string[];
  readonly informational?: readonly string[];
  readonly pending?: readonly string[];
  /** Why, of all findings that say it; not looked at where it is absent. */
  readonly notes?: readonly string[];
}

interface Case {
  readonly about: string;
  readonly topic: string;
  readonly managers?: readonly string[];
}

const FOLDER = new URL('../../fixtures/diff/cases/', import.meta.url);

function read(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, FOLDER), 'utf8');
}

function value(side: FieldValue): string {
  if (side === undefined) return '-';
  return side instanceof Secret ? '***' : (canonicalJson(side) ?? '');
}

/** A finding in one line: class, path, both values, and who. */
function line({ class: found, path, desired, live, blame }: Finding): string {
  if (path.length === 0) return found;
  const through = blame?.subresource ? `/${blame.subresource}` : '';
  const applied = blame?.operation === 'Apply' ? ' Apply' : '';
  const who = blame ? `${blame.manager}${through}${applied} (${blame.actor})` : 'nobody';
  return `${found} ${printPath(path)}: ${value(desired)} -> ${value(live)} by ${who}`;
}

/** In an expected line, `…` means any text: times, and values that the API server filled in. */
function matches(expected: string, found: string): boolean {
  const pattern = expected.split('…').map(RegExp.escape).join('.*');
  return new RegExp(`^${pattern}$`, 'su').test(found);
}

/** What the verdict says already. */
const VERDICTS: ReadonlySet<string> = new Set(['missing', 'unmanaged', 'terminating']);

function said(object: OfflineObject): Expected {
  const all = [...object.findings, ...object.informational, ...object.pending];
  return {
    object: `${object.ref.kind.toLowerCase()}/${object.ref.name}`,
    verdict: object.verdict,
    findings: object.findings.map(line).filter((text) => !VERDICTS.has(text)),
    informational: object.informational.map(line),
    pending: object.pending.map(line),
    notes: all.flatMap(({ note }) => (note === '' ? [] : note)),
  };
}

describe('recorded cases', () => {
  const names = readdirSync(FOLDER).sort();

  it('are many, and of every topic', () => {
    expect(names.length).to.be.greaterThan(119);
  });

  for (const name of names) {
    const { about, managers = ['confighub'] } = parse(read(name, 'case.yaml')) as Case;
    it(`${name}: ${about}`, async () => {
      const { objects: expected } = parse(read(name, 'expected.yaml')) as { readonly objects: readonly Expected[] };
      const crds = readdirSync(new URL(name, FOLDER)).includes('crd.yaml') ? [parse(read(name, 'crd.yaml')) as JsonObject] : [];
      const { objects } = diffTexts({
        desired: [{ file: 'desired.yaml', text: read(name, 'desired.yaml') }],
        live: [{ file: 'live.yaml', text: read(name, 'live.yaml') }],
        schemas: [await readBuiltInSchemas(), ...crds.map(openApiOfCrd)],
        desiredManagers: managers,
        ignoreRules: [],
        now: new Date(),
      });
      const found = objects.map(said);
      const wanted = expected.map((entry) => ({ findings: [], informational: [], pending: [], ...entry }));
      // A line with a gap in it is replaced by what was found there, so that a failure shows the difference and no more.
      const filled = wanted.map((entry, index) => {
        const other = found[index];
        const fill = (lines: readonly string[], texts: readonly string[] = []): readonly string[] =>
          lines.map((text, position) => (matches(text, texts[position] ?? '') ? (texts[position] ?? '') : text));
        return {
          object: entry.object,
          verdict: entry.verdict,
          findings: fill(entry.findings, other?.findings),
          informational: fill(entry.informational, other?.informational),
          pending: fill(entry.pending, other?.pending),
          notes: entry.notes ? fill(entry.notes, other?.notes) : (other?.notes ?? []),
        };
      });
      expect(found).to.deep.equal(filled);
    });
  }
});
