import { expect } from 'chai';
import { type FieldPath, printPath, shownPath } from '../../../src/domain/field-path.ts';
import type { FieldValue } from '../../../src/domain/finding.ts';
import type { Json } from '../../../src/domain/json.ts';
import { Secret, shownPart } from '../../../src/domain/secret.ts';
import { hiddenParts, showDescription, showPath, showSides, showValue } from '../../../src/domain/show/show.ts';
import { CONTAINER } from '../builders.ts';
import { createMaker, type Made, readHarmless, readPlanted } from './planted.ts';

const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' };
const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' };
const CUSTOM = { apiVersion: 'shop.example.com/v1', kind: 'Shop' };

/** A kind of place, and how a text with a name gets into it. */
interface TextPlace {
  readonly where: string;
  readonly kind: { readonly apiVersion: string; readonly kind: string };
  readonly at: (name: string, text: string) => readonly [FieldPath, Json];
}

const field = (...names: readonly string[]): FieldPath => names.map((name) => ({ field: name }));
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const TEXT_PLACES: readonly TextPlace[] = [
  {
    where: 'an env value',
    kind: DEPLOYMENT,
    at: (name, text) => [[...CONTAINER, { field: 'env' }, { key: { name } }, { field: 'value' }], text],
  },
  {
    where: 'an env variable',
    kind: DEPLOYMENT,
    at: (name, text) => [[...CONTAINER, { field: 'env' }, { key: { name } }], { name, value: text }],
  },
  {
    where: 'an init container',
    kind: DEPLOYMENT,
    at: (name, text) => [
      field('spec', 'template', 'spec', 'initContainers'),
      [{ name: 'init', image: 'a:1', env: [{ name, value: text }] }],
    ],
  },
  { where: 'an annotation', kind: DEPLOYMENT, at: (name, text) => [field('metadata', 'annotations', name), text] },
  { where: 'all annotations', kind: DEPLOYMENT, at: (name, text) => [field('metadata', 'annotations'), { [name]: text }] },
  { where: 'a label', kind: DEPLOYMENT, at: (name, text) => [field('spec', 'template', 'metadata', 'labels', name), text] },
  {
    where: 'a header of a probe',
    kind: DEPLOYMENT,
    at: (name, text) => [[...CONTAINER, ...field('livenessProbe', 'httpGet', 'httpHeaders')], [{ name, value: text }]],
  },
  { where: 'data of a ConfigMap', kind: CONFIG_MAP, at: (name, text) => [field('data', name), text] },
  { where: 'binaryData of a ConfigMap', kind: CONFIG_MAP, at: (name, text) => [field('binaryData', name), base64(text)] },
  { where: 'a custom resource', kind: CUSTOM, at: (name, text) => [field('spec', 'config', name), text] },
  {
    where: 'a list in a custom resource',
    kind: CUSTOM,
    at: (name, text) => [field('spec', 'settings'), [{ name, value: text }]],
  },
  {
    where: 'the attributes of a volume',
    kind: DEPLOYMENT,
    at: (name, text) => [
      [...field('spec', 'template', 'spec', 'volumes'), { key: { name: 'v' } }, ...field('csi', 'volumeAttributes', name)],
      text,
    ],
  },
  {
    where: 'what was applied last',
    kind: DEPLOYMENT,
    at: (name, text) => [
      field('metadata', 'annotations', 'kubectl.kubernetes.io/last-applied-configuration'),
      JSON.stringify({ kind: 'Deployment', spec: { containers: [{ name: 'a', env: [{ name, value: text }] }] } }),
    ],
  },
];
const ARGUMENT_PLACES: readonly (readonly [string, FieldPath])[] = [
  ['args', [...CONTAINER, { field: 'args' }]],
  ['a command', [...CONTAINER, { field: 'command' }]],
  ['a probe', [...CONTAINER, ...field('readinessProbe', 'exec', 'command')]],
  ['a hook', [...CONTAINER, ...field('lifecycle', 'preStop', 'exec', 'command')]],
];
const FILE_PLACES = TEXT_PLACES.filter(({ where }) => /ConfigMap|annotation$|custom resource$|applied/u.test(where));
/** Under a name that says nothing. */
const NEUTRAL = 'SETTING';

const shownText = (value: FieldValue): string => JSON.stringify(shownPart(value) ?? null);

/** What of a planted value is shown; empty where nothing is. */
function leaks(value: FieldValue, { text, needles }: Made): readonly string[] {
  const shown = shownText(value);
  return [...needles, ...needles.map(base64), base64(text)].filter((needle) => needle.length >= 6 && shown.includes(needle));
}

const planted = await readPlanted();
const harmless = await readHarmless();

describe('what is shown of values', () => {
  // Other tokens by the day would make a test that fails now and then: the seeds are always the same.
  const makers = [1, 2, 3].map(createMaker);

  for (const place of TEXT_PLACES)
    it(`is no credential in ${place.where}`, () => {
      for (const make of makers) {
        for (const { what, text } of planted.byValue) {
          const made = make(text);
          const [path, value] = place.at(NEUTRAL, made.text);
          expect(leaks(showValue(place.kind, path, value, 'safe'), made), what).to.deep.equal([]);
        }
        for (const name of planted.byName) {
          const made = make('<word>');
          const [path, value] = place.at(name, made.text);
          expect(leaks(showValue(place.kind, path, value, 'safe'), made), name).to.deep.equal([]);
        }
      }
    });

  for (const [where, path] of ARGUMENT_PLACES)
    it(`is no credential in ${where}`, () => {
      for (const make of makers)
        for (const command of planted.arguments) {
          const made = command.map(make);
          const value = showValue(
            DEPLOYMENT,
            path,
            made.map(({ text }) => text),
            'safe',
          );
          for (const each of made) expect(leaks(value, each), command.join(' ')).to.deep.equal([]);
        }
    });

  for (const place of FILE_PLACES)
    it(`is no credential in a file that is ${place.where}`, () => {
      for (const make of makers)
        for (const { key, text } of planted.files) {
          const made = make(text);
          const [path, value] = place.at(key, made.text);
          expect(leaks(showValue(place.kind, path, value, 'safe'), made), key).to.deep.equal([]);
        }
    });

  it('is no credential of any other form, in a variable, a ConfigMap and arguments', () => {
    const [make] = makers;
    const found: string[] = [];
    const look = (kind: TextPlace['kind'], path: FieldPath, value: Json, made: readonly Made[]): void => {
      const shown = showValue(kind, path, value, 'safe');
      const isShown = made.some((one) => leaks(shown, one.needles.length > 0 ? one : { ...one, needles: [one.text] }).length > 0);
      if (isShown) found.push(shownText(shown));
    };
    if (make === undefined) throw new Error('no seed');
    for (const place of TEXT_PLACES.filter(({ where }) => where === 'an env value' || where === 'data of a ConfigMap'))
      for (const [name, text] of planted.moreTexts) {
        const made = make(text);
        look(place.kind, ...place.at(name, made.text), [made]);
      }
    for (const command of planted.moreArguments) {
      const made = command.map(make);
      const words = made.map(({ text }) => text);
      look(
        DEPLOYMENT,
        [...CONTAINER, { field: 'args' }],
        words,
        made.filter(({ needles }) => needles.length > 0),
      );
    }
    for (const { key, text } of planted.moreFiles) {
      const made = make(text);
      look(CONFIG_MAP, field('data', key), made.text, [made]);
    }
    expect(found).to.deep.equal([]);
  });

  it('is what everybody needs to see, but for three values at most', () => {
    const annotation = TEXT_PLACES.find(({ where }) => where === 'an annotation');
    const label = TEXT_PLACES.find(({ where }) => where === 'a label');
    const hidden: string[] = [];
    let count = 0;
    const look = (what: string, kind: TextPlace['kind'], path: FieldPath, value: Json): void => {
      count++;
      if (showValue(kind, path, value, 'safe') instanceof Secret) hidden.push(`${what}: ${JSON.stringify(value)}`);
    };
    for (const [name, text] of [...harmless.texts, ...harmless.moreTexts]) {
      for (const place of TEXT_PLACES.filter(({ where }) => /env|ConfigMap|custom/u.test(where)))
        look(name, place.kind, ...place.at(name, text));
    }
    for (const [name, text] of [...harmless.annotations, ...harmless.moreAnnotations])
      if (annotation) look(name, annotation.kind, ...annotation.at(name, text));
    for (const [name, text] of [...harmless.labels, ...harmless.moreLabels])
      if (label) look(name, label.kind, ...label.at(name, text));
    for (const command of [...harmless.arguments, ...harmless.moreArguments])
      look('args', DEPLOYMENT, [...CONTAINER, { field: 'args' }], command);
    for (const { key, text } of [...harmless.files, ...harmless.moreFiles]) look(key, CONFIG_MAP, field('data', key), text);
    expect(count).to.be.greaterThan(120);
    expect(hidden).to.deep.equal([]);
  });

  it('has at least 250 planted values of 14 kinds of place and 120 harmless ones', () => {
    const { byValue, byName, arguments: commands, files } = planted;
    expect(byValue.length + byName.length + commands.length + files.length).to.be.at.least(250);
    expect(TEXT_PLACES.length + ARGUMENT_PLACES.length).to.be.at.least(14);
    const { texts, annotations, labels, arguments: shown, files: shownFiles } = harmless;
    expect(texts.length + annotations.length + labels.length + shown.length + shownFiles.length).to.be.at.least(120);
  });
});

describe('what the field says of a value', () => {
  const shows = (path: FieldPath, value: Json, kind = DEPLOYMENT): unknown =>
    expect(showValue(kind, path, value, 'safe')).to.deep.equal(value);

  it('shows an image whatever it is called, and digests and commits in it', () => {
    for (const image of [
      'registry.example/token-service:1.2',
      `a/password-reset@sha256:${'ab12'.repeat(16)}`,
      'localhost:5000/secret/api-key:3f2a1bc',
    ])
      shows([...CONTAINER, { field: 'image' }], image);
    expect(showValue(DEPLOYMENT, [...CONTAINER, { field: 'image' }], 'https://joe:hello@registry/a', 'safe')).to.be.instanceOf(
      Secret,
    );
  });

  it("shows references to a Secret's keys and names of Secrets", () => {
    shows([...CONTAINER, { field: 'env' }, { key: { name: 'DB_PASSWORD' } }], {
      name: 'DB_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'db', key: 'password' } },
    });
    shows(field('spec', 'template', 'spec', 'volumes'), [{ name: 's', secret: { secretName: 'db-token-x7k2p' } }]);
    shows(field('spec', 'template', 'spec', 'imagePullSecrets'), [{ name: 'registry-password' }]);
  });

  it('shows numbers, switches, amounts, ports, enumerations and paths of probes', () => {
    shows(field('spec', 'replicas'), 3);
    shows([...CONTAINER, { field: 'resources' }], { limits: { cpu: '500m', memory: '1Gi' } });
    shows([...CONTAINER, { field: 'livenessProbe' }], {
      httpGet: { path: '/token/health', port: 8080, scheme: 'HTTPS' },
      periodSeconds: 5,
    });
    shows([...CONTAINER, { field: 'volumeMounts' }], [{ name: 'sa', mountPath: '/var/run/secrets/token', readOnly: true }]);
  });

  it('hides a query of a path and a number under the name of a password', () => {
    const path = [...CONTAINER, ...field('livenessProbe', 'httpGet', 'path')];
    expect(showValue(DEPLOYMENT, path, '/health?token=bomurasin', 'safe')).to.be.instanceOf(Secret);
    expect(showValue(CUSTOM, field('spec', 'pin'), 4711, 'safe')).to.be.instanceOf(Secret);
    expect(showValue(CUSTOM, field('spec', 'maxTokens'), 4711, 'safe')).to.equal(4711);
  });

  it('hides everything of a Secret but its type', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret' };
    expect(showValue(secret, field('data', 'a'), 'Yg==', 'safe')).to.be.instanceOf(Secret);
    shows(field('type'), 'Opaque', secret);
  });
});

describe('a hidden value', () => {
  const password: FieldPath = [...CONTAINER, { field: 'env' }, { key: { name: 'DB_PASSWORD' } }, { field: 'value' }];
  const sides = (desired: Json | undefined, live: Json | undefined, path = password): unknown => {
    const shown = showSides(DEPLOYMENT, path, { desired, live }, 'safe');
    return [shownPart(shown.desired), shownPart(shown.live)];
  };

  it('tells its length class, and whether it is another one than on the first side', () => {
    expect(sides('hunter2', 'sunshine-sunshine')).to.deep.equal([
      '*** (under 8 characters)',
      '*** (16 to 31 characters, another value)',
    ]);
    expect(sides('hunter2', 'hunter3')).to.deep.equal(['*** (under 8 characters)', '*** (under 8 characters, another value)']);
    expect(sides(undefined, 'hunter2')).to.deep.equal([undefined, '*** (under 8 characters)']);
  });

  it('hides nothing else: what is beside it is shown', () => {
    const args: FieldPath = [...CONTAINER, { field: 'args' }];
    expect(sides(['--port=80', '--db-pass', 'hello'], ['--port=81', '--db-pass', 'hello'], args)).to.deep.equal([
      ['--port=80', '--db-pass', '*** (under 8 characters)'],
      ['--port=81', '--db-pass', '*** (under 8 characters)'],
    ]);
    const container = {
      name: 'app',
      image: 'a:1',
      env: [
        { name: 'API_TOKEN', value: 'hello' },
        { name: 'PORT', value: '80' },
      ],
    };
    expect(sides(undefined, container, CONTAINER)).to.deep.equal([
      undefined,
      {
        ...container,
        env: [
          { name: 'API_TOKEN', value: '*** (under 8 characters)' },
          { name: 'PORT', value: '80' },
        ],
      },
    ]);
  });

  it('is a key as well, where people choose keys: in what is shown and in its path', () => {
    const token = `ghp_${'a1B2c3'.repeat(6)}`;
    const path = field('spec', 'people', token);
    const root = { spec: { people: { ann: 'a', [token]: 'joe' }, tokens: { x7Kq9Zt2Lm: 'joe' } } };
    expect(printPath(showPath(CUSTOM, path, root, false))).to.equal('/spec/people/***#2');
    expect(shownPath(showPath(CUSTOM, path, root, false)).at(-1)).to.deep.equal({ field: '***#2' });
    expect(printPath(showPath(CUSTOM, field('spec', 'tokens', 'x7Kq9Zt2Lm'), root, true))).to.equal('/spec/tokens/***#1');
    expect(shownPart(showValue(CUSTOM, field('spec', 'people'), root.spec.people, 'safe'))).to.deep.equal({
      ann: 'a',
      '***#2': 'joe',
    });
    expect(printPath(showPath(CUSTOM, field('spec', 'people', 'ann'), root, false))).to.equal('/spec/people/ann');
    expect(hiddenParts(CUSTOM, root).map(({ value }) => value)).to.include.members([token, 'x7Kq9Zt2Lm']);
  });

  it('is compared and patched as it is', () => {
    const { live } = showSides(DEPLOYMENT, password, { desired: undefined, live: 'hunter2' }, 'safe');
    expect(live instanceof Secret && live.reveal()).to.equal('hunter2');
  });

  it('is every value where none is to be shown', () => {
    expect(shownPart(showValue(DEPLOYMENT, field('spec', 'replicas'), 3, 'none'))).to.equal('***');
    expect(showValue(DEPLOYMENT, field('spec', 'replicas'), undefined, 'none')).to.equal(undefined);
  });

  it('is found in a whole document', () => {
    const document = {
      spec: { containers: [{ name: 'app', args: ['--token', 'hello'], env: [{ name: 'PASSWORD', value: 'hello' }] }] },
    };
    expect(hiddenParts(DEPLOYMENT, document).map(({ path }) => path)).to.deep.equal([
      '/spec/containers[name=app]/args',
      '/spec/containers[name=app]/env[name=PASSWORD]/value',
    ]);
  });
});

describe('a description of a revision', () => {
  const mark = '[drift:0123456789abcdef sha256:0123456789ab]';
  it('is shown as it was written, and not where it tells a secret', () => {
    for (const text of [
      'Initial import',
      'Fixed replicas: 5 → 3 [drift:0123456789abcdef]',
      `Drift detected: replicas 3 → 5 (kubectl, first seen 14:10Z) ${mark}`,
      `Drift detected: env DB_PASSWORD of container app added (value not stored) (kubectl, time unknown, first seen 14:10Z) ${mark}`,
    ])
      expect(showDescription(text), text).to.equal(text);
    for (const text of [
      'password=sunshine',
      'rotate the key to AKIA2222333344445555',
      `Drift detected: env DB_PW of container app added: sunshine (kubectl) ${mark}`,
    ])
      expect(showDescription(text), text).to.equal('***');
  });
});

describe('texts that want to keep a pass busy', () => {
  it('are judged in bounded steps, whatever they repeat', () => {
    const units = [
      'a',
      '-eyJ',
      '://',
      'a:',
      'a=',
      '"a":',
      '$',
      '{{',
      '-p',
      '- a\n',
      '[',
      '{"a":',
      '<a>',
      'name="a" value="',
      'password ',
      'bearer ',
      'A1B2-',
      '%41',
      '&a *a ',
      '-----BEGIN ',
    ];
    for (const unit of units) showValue(CONFIG_MAP, field('data', 'x'), unit.repeat(16_384 / unit.length), 'safe');
    // Longer ones are not judged at all.
    expect(showValue(CONFIG_MAP, field('data', 'x'), 'a '.repeat(10_000), 'safe')).to.be.instanceOf(Secret);
  });
});
