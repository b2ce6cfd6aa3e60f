import { expect } from 'chai';
import { maskValue } from '../../src/diff/mask.ts';
import type { FieldPath } from '../../src/types/field-path.ts';
import type { Json } from '../../src/types/json.ts';
import { Secret } from '../../src/types/secret.ts';
import { CONTAINER, type FindingParts, finding, hands } from '../types/builders.ts';

const env = (name: string): FieldPath => [...CONTAINER, { field: 'env' }, { key: { name } }];
const args: FieldPath = [...CONTAINER, { field: 'args' }];

const HIDDEN: readonly (readonly [string, FieldPath, Json])[] = [
  ['a variable by its name', [...env('DB_PASSWORD'), { field: 'value' }], 'hunter2'],
  ['a whole variable by its name', env('API_TOKEN'), { name: 'API_TOKEN', value: 'x' }],
  ['a variable inside an added container', [...CONTAINER], { name: 'c', env: [{ name: 'CLIENT_SECRET', value: 'x' }] }],
  ['an argument with its value', args, ['--password=hunter2']],
  ['an argument and its value beside it', args, ['--db-password', 'hunter2']],
  ['a user and password in an address', args, ['postgres://app:hunter2@db/x']],
  ['a private key', [{ field: 'data' }, { field: 'x' }], '-----BEGIN RSA PRIVATE KEY-----\nabc'],
  ['an annotation by its name', [{ field: 'metadata' }, { field: 'annotations' }, { field: 'example.com/api-key' }], 'abc'],
];
const SHOWN: readonly (readonly [string, FieldPath, Json])[] = [
  ['a number of replicas', [{ field: 'spec' }, { field: 'replicas' }], 3],
  ['an image', [...CONTAINER, { field: 'image' }], 'registry.example/token-service:1.2'],
  ['an ordinary variable', env('LOG_LEVEL'), { name: 'LOG_LEVEL', value: 'debug' }],
  [
    "a reference to a Secret's key",
    env('DB_PASSWORD'),
    { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
  ],
  [
    'the name of a Secret that is mounted',
    [{ field: 'spec' }, { field: 'volumes' }, { key: { name: 's' } }],
    { name: 's', secret: { secretName: 'db' } },
  ],
  ['ordinary arguments', args, ['--verbose', '--port=8080']],
];

describe('masking', () => {
  for (const [what, path, value] of HIDDEN) {
    it(`hides ${what}`, () => expect(maskValue('Deployment', path, value)).to.be.instanceOf(Secret));
  }
  for (const [what, path, value] of SHOWN) {
    it(`shows ${what}`, () => expect(maskValue('Deployment', path, value)).to.deep.equal(value));
  }
  it('hides everything of a Secret', () => {
    expect(maskValue('Secret', [{ field: 'data' }, { field: 'a' }], 'Yg==')).to.be.instanceOf(Secret);
  });

  it('tells a hidden value from the next one by its writer, or else by the generation, and an absent one by its absence', () => {
    const [blame, later] = ['03:00:00', '03:00:01'].map((clock) => ({ ...hands, time: `2026-11-25T${clock}Z` }));
    const hidden = { path: env('DB_PASSWORD'), live: new Secret('hunter2'), blame };
    const fingerprint = (parts: FindingParts): string => finding({ ...hidden, ...parts }).fingerprint;
    expect(fingerprint({ generation: 3 })).to.equal(fingerprint({ generation: 2 }));
    expect(fingerprint({ blame: later })).to.not.equal(fingerprint({}));
    expect(fingerprint({ blame: undefined, generation: 3 })).to.not.equal(fingerprint({ blame: undefined, generation: 2 }));
    const gone = { desired: new Secret('hunter2'), live: undefined, blame: undefined };
    expect(fingerprint({ ...gone, generation: 3 })).to.equal(fingerprint({ ...gone, generation: 2 }));
  });
});
