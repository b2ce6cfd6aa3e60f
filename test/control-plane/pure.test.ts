import { expect } from 'chai';
import { kubernetesGoMod, toolsFile } from './go-module.ts';
import { DEFAULT_VERSION, resolveVersion } from './version.ts';

describe('version of the control plane', () => {
  for (const [wanted, version] of [
    [undefined, DEFAULT_VERSION],
    ['', DEFAULT_VERSION],
    ['1.37', '1.37.2'],
    ['v1.34.4', '1.34.4'],
    ['1.33.1', '1.33.1'],
  ] as const) {
    it(`reads ${wanted === undefined ? 'nothing' : JSON.stringify(wanted)} as ${version}`, () => {
      expect(resolveVersion(wanted)).to.equal(version);
    });
  }

  it('refuses what is no version and names those that are proven', () => {
    expect(() => resolveVersion('latest')).to.throw(/KUBERNETES_VERSION=latest.*1\.34\.4/u);
    expect(() => resolveVersion('1.9')).to.throw(/1\.9 is no exact/u);
  });
});

describe('go.mod of a Kubernetes release', () => {
  const upstream = {
    Go: '1.24.0',
    Require: [{ Path: 'go.etcd.io/etcd/client/v3', Version: 'v3.6.4' }],
    Replace: [
      { Old: { Path: 'k8s.io/api' }, New: { Path: './staging/src/k8s.io/api' } },
      { Old: { Path: 'example.com/a', Version: 'v1.0.0' }, New: { Path: 'example.com/b', Version: 'v1.1.0' } },
    ],
  };

  it('replaces staging folders by the modules published for the release, and keeps real replacements', () => {
    const text = kubernetesGoMod('1.34.4', upstream);
    expect(text).to.contain('require k8s.io/kubernetes v1.34.4\n');
    expect(text).to.contain('\tk8s.io/api => k8s.io/api v0.34.4\n');
    expect(text).to.contain('\texample.com/a v1.0.0 => example.com/b v1.1.0\n');
  });

  it('takes the etcd server of the version whose client the release speaks', () => {
    expect(kubernetesGoMod('1.34.4', upstream)).to.contain('require go.etcd.io/etcd/server/v3 v3.6.4\n');
    expect(() => kubernetesGoMod('1.34.4', { Go: '1.24' })).to.throw(/no etcd client/u);
  });

  it('of an old one has no etcd, and modules that are still to be had and work with the Go of today', () => {
    const Path = 'github.com/modern-go/reflect2';
    const pinned = { Go: '1.15', Replace: [{ Old: { Path }, New: { Path, Version: 'v1.0.1' } }] };
    expect(kubernetesGoMod('1.19.16', pinned)).to.contain(`\t${Path} => ${Path} v1.0.2\n`).and.not.to.contain('etcd');
    expect(kubernetesGoMod('1.34.4', { ...upstream, Replace: pinned.Replace })).to.contain(`${Path} v1.0.1\n`);
  });

  it('imports each program', () => {
    expect(toolsFile(['a/b', 'c/d']))
      .to.contain('_ "a/b"')
      .and.to.contain('_ "c/d"');
  });
});
