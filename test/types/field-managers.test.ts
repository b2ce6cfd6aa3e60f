import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ACTOR_CLASSES, type ActorClass } from '../../src/domain/actor-classes.ts';
import { actorOf, actorWords, FIELD_MANAGERS, managerRow } from '../../src/domain/field-managers.ts';
import type { FieldOwner } from '../../src/domain/snapshot.ts';

type Writer = Pick<FieldOwner, 'manager' | 'operation' | 'subresource'>;

const NAMED = parse(readFileSync(new URL('../../fixtures/diff/field-managers.yaml', import.meta.url), 'utf8')) as Readonly<
  Record<ActorClass, readonly string[]>
>;

/** `kubectl via scale`, `helm`, `argocd-controller Apply`. */
function writerOf(text: string): Writer {
  const {
    manager = '',
    subresource = '',
    apply,
  } = /^(?<manager>.+?)(?: via (?<subresource>\w+)|(?<apply> Apply))?$/u.exec(text)?.groups ?? {};
  return { manager, subresource, operation: apply === undefined ? 'Update' : 'Apply' };
}

describe('the table of field managers', () => {
  it('has names for every class', () => {
    expect(Object.keys(NAMED)).to.have.members([...ACTOR_CLASSES]);
  });

  for (const [actor, names] of Object.entries(NAMED))
    it(`knows ${names.length} of class ${actor}`, () => {
      const found = names.map((name) => `${name}: ${actorOf(writerOf(name))}`);
      expect(found).to.deep.equal(names.map((name) => `${name}: ${actor}`));
    });

  it('names a source in every row, and none that an earlier row makes idle', () => {
    const used = new Set(Object.values(NAMED).flatMap((names) => names.map((name) => managerRow(writerOf(name)))));
    for (const row of FIELD_MANAGERS) {
      expect(row.source, String(row.name)).to.match(/^(https:\/\/\S+|measured on 1\.\d+)$/u);
      expect(used.has(row), `no name of fixtures/diff/field-managers.yaml is decided by ${row.name}`).to.equal(true);
    }
  });

  it('calls no manager a person, and several managers in one what they are', () => {
    const words = Object.values(NAMED).flatMap((names) =>
      names.map((name) => actorWords({ manager: writerOf(name).manager, actor: actorOf(writerOf(name)) })),
    );
    expect(words.join()).to.not.match(/person|somebody|who/u);
    expect(actorWords({ manager: 'ancient-changes', actor: 'unknown' })).to.equal('several, unknown');
    // A name is anything: also one that every object has.
    expect(actorWords({ manager: 'constructor', actor: 'unknown' })).to.equal('unknown tool');
  });
});
