import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { type Config, type Environment, flagOf, loadConfig, OPTION_NAMES, OPTIONS, required } from '../../src/config.ts';
import { ConfigError } from '../../src/types/errors.ts';

function failureOf(work: () => unknown): ConfigError {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

function everythingSaid(error: ConfigError): string {
  return `${error.message} ${error.subject} ${error.remedy} ${error.stack ?? ''} ${inspect(error)}`;
}

describe('configuration', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function file(text: string, name = 'config.yaml'): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  function load(environment: Environment = {}, text?: string): Config {
    return loadConfig({}, environment, text === undefined ? undefined : file(text));
  }

  it('takes a flag over the environment over the file over the default', () => {
    const path = file('cluster: from-file\nmaxFixes: 7\n');
    expect(loadConfig({}, {}, undefined).cluster).to.equal('default');
    expect(loadConfig({}, {}, path).cluster).to.equal('from-file');
    expect(loadConfig({}, { CLUSTER: 'from-environment' }, path).cluster).to.equal('from-environment');
    expect(loadConfig({ cluster: 'from-flag' }, { CLUSTER: 'from-environment' }, path).cluster).to.equal('from-flag');
    expect(loadConfig({}, { CLUSTER: 'x' }, path).maxFixes).to.equal(7);
  });

  it('tells which values there are, and what may be meant, and whose mistake it is', () => {
    const flag = failureOf(() => loadConfig({ output: 'jsno' }, {}, undefined));
    expect(flag.message).to.contain(
      '--output: "jsno" is none of table, wide, json, yaml, name, md, jsonl, sarif, junit, did you mean json?',
    );
    expect(flag.code).to.equal('usage');
    const variable = failureOf(() => loadConfig({ output: 'xml' }, { LOG_LEVEL: 'quiet' }, undefined));
    expect(variable.message).to.contain('LOG_LEVEL: "quiet" is none of debug, info, warn, error;');
    expect(variable.code).to.equal('configuration');
  });

  it('fixes nothing and holds the guards that the documentation names unless it is told otherwise', () => {
    expect(load()).to.deep.include({
      autoFix: false,
      createMissing: false,
      changesetApply: false,
      auditRevisions: true,
      maxFixes: 25,
      maxFixPercent: 20,
      namespaceSelector: 'monitored=true',
      claudeModel: 'claude-haiku-5-5',
      claudeBaseUrl: 'https://api.anthropic.com',
    });
  });

  it('takes an empty variable for one that is not set, as manifests with optional values give it', () => {
    expect(load({ CLUSTER: '', MAX_FIXES: '', CUB_TOKEN: '' })).to.include({ cluster: 'default', maxFixes: 25 });
  });

  it('reads switches, numbers and lists as people write them', () => {
    expect(
      load({ AUTO_FIX: 'TRUE', CREATE_MISSING: '1', AUDIT_REVISIONS: 'no', KINDS: 'apps/v1/Deployment, v1/Service ' }),
    ).to.deep.include({
      autoFix: true,
      createMissing: true,
      auditRevisions: false,
      kinds: ['apps/v1/Deployment', 'v1/Service'],
    });
    expect(load({}, 'autoFix: yes\nconfighubSpace: [dev, base]\nmaxFixes: 3\n')).to.deep.include({
      autoFix: true,
      confighubSpace: ['dev', 'base'],
      maxFixes: 3,
    });
  });

  for (const [variable, value] of [
    ['MAX_FIXES', 'many'],
    ['MAX_FIXES', '-1'],
    ['MAX_FIXES', '2.5'],
    ['MAX_FIXES', ' '],
    ['MAX_FIXES', '0x10'],
    ['MAX_FIX_PERCENT', '101'],
    ['TIMEOUT', '0'],
    ['AUTO_FIX', 'maybe'],
    ['AUTO_FIX', 'constructor'],
    ['CLUSTER', '../prod'],
    ['CLUSTER', 'Prod'],
    ['KINDS', 'Deployment'],
    ['CONFIGHUB_URL', 'hub.example'],
    ['CONFIGHUB_URL', 'https://user:pw@hub.example'],
    ['CLAUDE_BASE_URL', 'http://proxy.example'],
    ['CLAUDE_BASE_URL', 'http://127.0.0.1.evil.example'],
    ['REPORT_PATH', '../reports'],
    ['REPORT_PATH', '.git'],
    ['LOG_LEVEL', 'loud'],
    ['OUTPUT', 'xml'],
  ] as const) {
    it(`refuses ${variable}=${JSON.stringify(value)} and names the variable`, () => {
      expect(failureOf(() => load({ [variable]: value })).message).to.contain(`${variable}: `);
    });
  }

  it('refuses an empty number in a flag or a file instead of reading it as 0', () => {
    expect(failureOf(() => loadConfig({ maxFixes: '' }, {}, undefined)).message).to.contain('--max-fixes');
    expect(failureOf(() => load({}, 'maxFixes:\n')).message).to.contain('maxFixes in the configuration file');
  });

  it('sends prompts only over https, or to this machine', () => {
    for (const url of ['https://gateway.example/claude', 'http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:9/x'])
      expect(load({ CLAUDE_BASE_URL: url }).claudeBaseUrl).to.equal(url);
  });

  it('reads a secret from the file that NAME_FILE names, without the line end', () => {
    const path = file('tok-123\n', 'token');
    expect(load({ CUB_TOKEN_FILE: path }).confighubToken?.reveal()).to.equal('tok-123');
    expect(load({ CONFIGHUB_TOKEN_FILE: path }).confighubToken?.reveal()).to.equal('tok-123');
    expect(load({ CLAUDE_API_KEY_FILE: path, CLAUDE_API_KEY: 'direct' }).claudeApiKey?.reveal()).to.equal('direct');
    expect(load().claudeApiKey).to.equal(undefined);
  });

  it('says so when a secret file is not there, or is empty', () => {
    const absent = failureOf(() => load({ GIT_TOKEN_FILE: join(folder, 'absent') }));
    expect(absent.message).to.contain('GIT_TOKEN_FILE').and.contain('ENOENT');
    expect(failureOf(() => load({ CLAUDE_API_KEY_FILE: file(' \n', 'empty') })).message).to.contain(
      'CLAUDE_API_KEY_FILE: is empty',
    );
    expect(failureOf(() => load({ CLAUDE_API_KEY: '  ' })).message).to.contain('CLAUDE_API_KEY: is empty');
  });

  it('names an unknown key of the file and the one that was probably meant', () => {
    const error = failureOf(() => load({}, 'autofix: true\nmaxFixs: 3\nentirelyElse: 1\n__proto__: {a: 1}\n'));
    expect(error.message).to.contain('unknown key "autofix"').and.contain('did you mean autoFix?');
    expect(error.message).to.contain('did you mean maxFixes?');
    expect(error.message)
      .to.contain('unknown key "entirelyElse"')
      .and.not.match(/entirelyElse[^;]*did you mean/u);
    expect(error.message).to.contain('unknown key "__proto__"');
  });

  it('tells all mistakes at once', () => {
    const error = failureOf(() => loadConfig({ output: 'xml' }, { MAX_FIXES: 'x', CLUSTER: 'A B' }, file('nonsense: 1\n')));
    for (const part of ['4 errors', '--output', 'MAX_FIXES', 'CLUSTER', 'nonsense']) expect(error.message).to.contain(part);
    expect(error.code).to.equal('configuration');
    expect(error.remedy).to.contain('--help');
  });

  it('refuses a secret in the configuration file, without repeating it', () => {
    const error = failureOf(() => load({}, 'claudeApiKey: sk-canary-1\nconfighubToken: canary-2\n'));
    expect(error.message).to.contain('claudeApiKey is a secret').and.contain('CLAUDE_API_KEY_FILE');
    expect(everythingSaid(error)).to.not.contain('canary');
  });

  it('repeats no line of a file that does not parse: it may hold a secret', () => {
    const error = failureOf(() => load({}, 'a: 1\nclaudeApiKey: sk-canary\n  b: [\n'));
    expect(error.message).to.contain('not YAML').and.contain('line 3');
    expect(everythingSaid(error)).to.not.contain('canary');
  });

  it('shows no secret of the environment when something else is wrong', () => {
    const error = failureOf(() =>
      load({ CLAUDE_API_KEY: 'sk-canary', CUB_TOKEN: 'canary', GIT_TOKEN: 'canary', CONFIGHUB_URL: 'https://canary:canary@hub' }),
    );
    expect(everythingSaid(error)).to.not.contain('canary');
  });

  it('shows no secret when the whole configuration is printed', () => {
    const config = load({ CLAUDE_API_KEY: 'sk-canary', CUB_TOKEN: 'canary', GIT_TOKEN: 'canary' });
    expect(`${JSON.stringify(config)} ${inspect(config, { depth: null, showHidden: true })}`).to.not.contain('canary');
  });

  it('refuses a file that is absent, no mapping, or several documents', () => {
    expect(failureOf(() => loadConfig({}, {}, join(folder, 'absent.yaml'))).message).to.contain('cannot be read');
    expect(failureOf(() => load({}, '- a\n')).message).to.contain('not a mapping');
    expect(failureOf(() => load({}, 'cluster: a\n---\ncluster: b\n')).message).to.contain('more than one document');
    expect(load({}, '# all defaults\n').cluster).to.equal('default');
  });

  it('names the variable of a setting that a command cannot do without, and how to give a secret', () => {
    expect(failureOf(() => required(load(), 'reportRepo'))).to.include({ code: 'configuration', subject: 'REPORT_REPO' });
    expect(failureOf(() => required(load(), 'confighubToken')).remedy).to.contain('CUB_TOKEN_FILE');
    expect(required(load({ REPORT_REPO: '/repo.git' }), 'reportRepo')).to.equal('/repo.git');
  });

  it('gives every option a flag of its own and a variable of its own', () => {
    const flags = OPTION_NAMES.map(flagOf);
    expect(new Set(flags).size).to.equal(flags.length);
    for (const flag of flags) expect(flag).to.match(/^--[a-z]+(-[a-z]+)*$/u);
    const variables = OPTION_NAMES.flatMap((name) => [...OPTIONS[name].env]);
    expect(new Set(variables).size).to.equal(variables.length);
  });

  it('has a default for every option that is neither secret nor required nor follows from another, and accepts its own defaults', () => {
    expect(() => load()).to.not.throw();
    const without = OPTION_NAMES.filter((name) => !('default' in OPTIONS[name]));
    expect(without).to.have.members([
      'confighubUrl',
      'confighubToken',
      'confighubWorkerId',
      'confighubWorkerSecret',
      'fixGrace',
      'claudeApiKey',
      'reportRepo',
      'gitToken',
      'gitSshKey',
      'gitSigningKey',
      'webhookUrl',
      'webhookSecret',
    ]);
  });
});
