import { expect } from 'chai';
import type { FieldPath } from '../../src/domain/field-path.ts';
import type { Json } from '../../src/domain/json.ts';
import { objectDiff } from '../../src/domain/value-diff.ts';
import { CONTAINER, envValue, IMAGE, label, REPLICAS } from '../types/builders.ts';

function field(steps: FieldPath, desired: Json, live: Json): { steps: FieldPath; desired: Json; live: Json } {
  return { steps, desired, live };
}

describe('the diff on a page', () => {
  it('shows several fields of one object in one document, each in its place', () => {
    expect(
      objectDiff([
        field(IMAGE, 'a:1', 'a:2'),
        field(REPLICAS, 3, 5),
        field(envValue('DEBUG').slice(0, -1), null, { name: 'DEBUG', value: 'yes' }),
      ]),
    ).to.deep.equal([
      ' spec:',
      '-  replicas: 3',
      '+  replicas: 5',
      '   template:',
      '     spec:',
      '       containers:',
      '         - name: app',
      '           env:',
      '+            - name: DEBUG',
      '+              value: yes',
      '-          image: a:1',
      '+          image: a:2',
    ]);
  });

  it('shows of a long text only what differs, with the lines around it', () => {
    const text = Array.from({ length: 40 }, (_, line) => `line ${line}`).join('\n');
    const lines = objectDiff([field([{ field: 'data' }, { field: 'app.conf' }], text, text.replace('line 20', 'line twenty'))]);
    expect(lines).to.deep.equal([
      ' data:',
      '@@ 18 unchanged lines @@',
      '     line 17',
      '     line 18',
      '     line 19',
      '-    line 20',
      '+    line twenty',
      '     line 21',
      '     line 22',
      '     line 23',
      '@@ 16 unchanged lines @@',
    ]);
  });

  it('shows both sides of what it does not show, though they look alike', () => {
    expect(objectDiff([field(envValue('PASSWORD'), '***', '***')]).slice(-2)).to.deep.equal([
      '-              value: "***"',
      '+              value: "***"',
    ]);
  });

  it('writes keys and values that YAML would read otherwise in quotes', () => {
    expect(objectDiff([field(label('a: b'), 'yes: no', '0755')])).to.deep.equal([
      ' metadata:',
      '   labels:',
      '-    "a: b": "yes: no"',
      '+    "a: b": "0755"',
    ]);
  });

  it('tells members of a set, and elements with several keys', () => {
    const ports: FieldPath = [
      { field: 'spec' },
      { field: 'ports' },
      { key: { port: 80, protocol: 'TCP' } },
      { field: 'nodePort' },
    ];
    expect(
      objectDiff([
        field(ports, 30080, 30081),
        field([{ field: 'spec' }, { field: 'ips' }, { member: '10.0.0.1' }], '10.0.0.1', null),
      ]),
    ).to.deep.equal([
      ' spec:',
      '   ips:',
      '-    - 10.0.0.1',
      '   ports:',
      '     - port: 80',
      '       protocol: TCP',
      '-      nodePort: 30080',
      '+      nodePort: 30081',
    ]);
  });

  it('is nothing for a whole object', () => {
    expect(objectDiff([field([], null, null)])).to.deep.equal([]);
  });

  it('ends with what differs too far down to be shown', () => {
    const long = (last: string): string => [...Array.from({ length: 500 }, (_, line) => String(line)), last].join('\n');
    expect(objectDiff([field([...CONTAINER, { field: 'args' }], long('a'), long('b'))]).at(-1)).to.match(
      /^@@ \d+ more lines, see findings\.jsonl @@$/u,
    );
  });
});
