import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type Config, type Environment, loadConfig, required } from '../../src/cli/config.ts';
import { flagOf, OPTION_NAMES, OPTIONS } from '../../src/cli/options/options.ts';
import { variablesOf } from '../../src/cli/options/variables.ts';
import { ConfigError } from '../../src/domain/errors.ts';
import { FORMAT_NAMES } from '../../src/outputs/formats/formats.ts';

async function failureOf(work: () => unknown): Promise<ConfigError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

const ENVIRONMENTS = parse(
  readFileSync(new URL('../../fixtures/config/environments.yaml', import.meta.url), 'utf8'),
) as readonly { readonly text: string; readonly kind: string; readonly name: string }[];

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

  const { signal } = new AbortController();

  function load(environment: Environment = {}, text?: string): Promise<Config> {
    return loadConfig({}, environment, text === undefined ? undefined : file(text), signal);
  }

  it('takes a flag over the environment over the file over the default', async () => {
    const path = file('cluster: from-file\nmaxFixes: 7\n');
    expect((await loadConfig({}, {}, undefined, signal)).cluster).to.equal('default');
    expect((await loadConfig({}, {}, path, signal)).cluster).to.equal('from-file');
    expect((await loadConfig({}, { DRIFT_CLUSTER: 'from-environment' }, path, signal)).cluster).to.equal('from-environment');
    expect((await loadConfig({ cluster: 'from-flag' }, { DRIFT_CLUSTER: 'from-environment' }, path, signal)).cluster).to.equal(
      'from-flag',
    );
    expect((await loadConfig({}, { DRIFT_CLUSTER: 'x' }, path, signal)).maxFixes).to.equal(7);
  });

  it('tells which values there are, and what may be meant, and whose mistake it is', async () => {
    const flag = await failureOf(() => loadConfig({ output: 'jsno' }, {}, undefined, signal));
    expect(flag.message).to.contain(`--output: "jsno" must be one of ${FORMAT_NAMES.join(', ')}, did you mean json?`);
    expect(flag.code).to.equal('usage');
    const variable = await failureOf(() => loadConfig({ output: 'xml' }, { DRIFT_LOG_LEVEL: 'quiet' }, undefined, signal));
    expect(variable.message).to.contain('DRIFT_LOG_LEVEL: "quiet" must be one of debug, info, warn, error;');
    expect(variable.code).to.equal('configuration');
  });

  it('fixes nothing and has the guards that the documentation names by default', async () => {
    expect(await load()).to.deep.include({
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

  it('takes an empty variable for one that is not set, as manifests with optional values give it', async () => {
    expect(await load({ DRIFT_CLUSTER: '', DRIFT_MAX_FIXES: '', CUB_TOKEN: '' })).to.include({
      cluster: 'default',
      maxFixes: 25,
    });
  });

  it('reads switches, numbers and lists as people write them', async () => {
    expect(
      await load({
        AUTO_FIX: 'TRUE',
        DRIFT_CREATE_MISSING: '1',
        DRIFT_AUDIT_REVISIONS: 'no',
        DRIFT_KINDS: 'apps/v1/Deployment, v1/Service ',
      }),
    ).to.deep.include({
      autoFix: true,
      createMissing: true,
      auditRevisions: false,
      kinds: ['apps/v1/Deployment', 'v1/Service'],
    });
    expect(await load({}, 'autoFix: yes\nconfighubSpace: [dev, base]\nmaxFixes: 3\n')).to.deep.include({
      autoFix: true,
      confighubSpace: ['dev', 'base'],
      maxFixes: 3,
    });
  });

  for (const [variable, value] of [
    ['DRIFT_MAX_FIXES', 'many'],
    ['DRIFT_MAX_FIXES', '-1'],
    ['DRIFT_MAX_FIXES', '2.5'],
    ['DRIFT_MAX_FIXES', ' '],
    ['DRIFT_MAX_FIXES', '0x10'],
    ['DRIFT_MAX_FIX_PERCENT', '101'],
    ['DRIFT_TIMEOUT', '0'],
    ['DRIFT_TIMEOUT', '600'],
    ['DRIFT_TIMEOUT', '1500ms'],
    ['DRIFT_TIMEOUT', '25h'],
    ['DRIFT_TIMEOUT', '-10m'],
    ['DRIFT_LEASE_DURATION', '61m'],
    ['DRIFT_FIX_GRACE', '30'],
    ['DRIFT_ENVIRONMENT', 'qa'],
    ['DRIFT_ENVIRONMENT', 'eu-prod'],
    ['DRIFT_ENVIRONMENT', 'prod-'],
    ['DRIFT_ENVIRONMENT', 'constructor'],
    ['AUTO_FIX', 'maybe'],
    ['AUTO_FIX', 'constructor'],
    ['DRIFT_CLUSTER', '../prod'],
    ['DRIFT_CLUSTER', 'Prod'],
    ['DRIFT_KINDS', 'Deployment'],
    ['CONFIGHUB_URL', 'hub.example'],
    ['CONFIGHUB_URL', 'https://user:pw@hub.example'],
    ['DRIFT_CLAUDE_BASE_URL', 'http://proxy.example'],
    ['DRIFT_CLAUDE_BASE_URL', 'http://127.0.0.1.evil.example'],
    ['DRIFT_REPORT_PATH', '../reports'],
    ['DRIFT_REPORT_PATH', '.git'],
    ['DRIFT_LOG_LEVEL', 'loud'],
    ['DRIFT_OUTPUT', 'xml'],
  ] as const) {
    it(`refuses ${variable}=${JSON.stringify(value)} and names the variable`, async () => {
      expect((await failureOf(() => load({ [variable]: value }))).message).to.contain(`${variable}: `);
    });
  }

  it('reads durations with their unit, and says what to write where it is missing', async () => {
    const given = { DRIFT_TIMEOUT: '1h30m', DRIFT_LEASE_DURATION: '45s', DRIFT_WAIT_HEALTHY: '0' };
    expect(await load(given)).to.include({ timeout: 5_400, leaseDuration: 45, waitHealthy: 0 });
    expect(await load()).to.include({ timeout: 600, leaseDuration: 30, waitHealthy: 60 });
    const variable = await failureOf(() => load({ DRIFT_TIMEOUT: '600' }));
    expect(variable.message).to.contain('DRIFT_TIMEOUT: has no unit: write 600s for seconds, or 600m for minutes');
    const fromFile = await failureOf(() => load({}, 'timeout: 600\n'));
    expect(fromFile.message).to.contain('timeout in the configuration file: has no unit: write 600s');
  });

  for (const { text, kind, name } of ENVIRONMENTS)
    it(`takes the environment ${text} for ${name}`, async () => {
      expect((await load({ DRIFT_ENVIRONMENT: text })).environment).to.deep.equal({ kind, name });
    });

  it('names the environments where one is unknown', async () => {
    const { message } = await failureOf(() => load({ DRIFT_ENVIRONMENT: 'qa' }));
    expect(message).to.contain('"qa" must be one of dev, development, staging, stage, stg, prod, production, prd');
    expect(message).to.contain('or one with a region: prod-eu');
  });

  it('refuses an empty number in a flag or a file instead of reading it as 0', async () => {
    expect((await failureOf(() => loadConfig({ maxFixes: '' }, {}, undefined, signal))).message).to.contain('--max-fixes');
    expect((await failureOf(() => load({}, 'maxFixes:\n'))).message).to.contain('maxFixes in the configuration file');
  });

  it('sends prompts only over https, or to this machine', async () => {
    for (const url of ['https://gateway.example/claude', 'http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:9/x'])
      expect((await load({ DRIFT_CLAUDE_BASE_URL: url })).claudeBaseUrl).to.equal(url);
  });

  it('reads a secret from the file that NAME_FILE names, without the line end', async () => {
    const path = file('tok-123\n', 'token');
    expect((await load({ CUB_TOKEN_FILE: path })).confighubToken?.reveal()).to.equal('tok-123');
    expect((await load({ CONFIGHUB_TOKEN_FILE: path })).confighubToken?.reveal()).to.equal('tok-123');
    expect((await load({ CLAUDE_API_KEY_FILE: path, CLAUDE_API_KEY: 'direct' })).claudeApiKey?.reveal()).to.equal('direct');
    expect((await load()).claudeApiKey).to.equal(undefined);
  });

  it('says so when a secret file is not there, or is empty', async () => {
    const absent = await failureOf(() => load({ GIT_TOKEN_FILE: join(folder, 'absent') }));
    expect(absent.message).to.contain('GIT_TOKEN_FILE').and.contain('it does not exist');
    expect((await failureOf(() => load({ CLAUDE_API_KEY_FILE: file(' \n', 'empty') }))).message).to.contain(
      'CLAUDE_API_KEY_FILE: is empty',
    );
    expect((await failureOf(() => load({ CLAUDE_API_KEY: '  ' }))).message).to.contain('CLAUDE_API_KEY: is empty');
  });

  it('names an unknown key of the file and the one that was probably meant', async () => {
    const error = await failureOf(() => load({}, 'autofix: true\nmaxFixs: 3\nentirelyElse: 1\n__proto__: {a: 1}\n'));
    expect(error.message).to.contain('unknown key "autofix"').and.contain('did you mean autoFix?');
    expect(error.message).to.contain('did you mean maxFixes?');
    expect(error.message)
      .to.contain('unknown key "entirelyElse"')
      .and.not.match(/entirelyElse[^;]*did you mean/u);
    expect(error.message).to.contain('unknown key "__proto__"');
  });

  it('tells all mistakes at once', async () => {
    const error = await failureOf(() =>
      loadConfig({ output: 'xml' }, { DRIFT_MAX_FIXES: 'x', DRIFT_CLUSTER: 'A B' }, file('nonsense: 1\n'), signal),
    );
    for (const part of ['4 errors', '--output', 'DRIFT_MAX_FIXES', 'DRIFT_CLUSTER', 'nonsense'])
      expect(error.message).to.contain(part);
    expect(error.code).to.equal('configuration');
    expect(error.remedy).to.contain('--help');
  });

  it('refuses a secret in the configuration file, without repeating it', async () => {
    const error = await failureOf(() => load({}, 'claudeApiKey: sk-canary-1\nconfighubToken: canary-2\n'));
    expect(error.message).to.contain('claudeApiKey is a secret').and.contain('CLAUDE_API_KEY_FILE');
    expect(everythingSaid(error)).to.not.contain('canary');
  });

  it('repeats no line of a file that does not parse: it may hold a secret', async () => {
    const error = await failureOf(() => load({}, 'a: 1\nclaudeApiKey: sk-canary\n  b: [\n'));
    expect(error.message).to.contain('not YAML').and.contain('line 3');
    expect(everythingSaid(error)).to.not.contain('canary');
  });

  it('shows no secret of the environment when something else is wrong', async () => {
    const error = await failureOf(() =>
      load({ CLAUDE_API_KEY: 'sk-canary', CUB_TOKEN: 'canary', GIT_TOKEN: 'canary', CONFIGHUB_URL: 'https://canary:canary@hub' }),
    );
    expect(everythingSaid(error)).to.not.contain('canary');
  });

  it('shows no secret when the whole configuration is printed', async () => {
    const config = await load({ CLAUDE_API_KEY: 'sk-canary', CUB_TOKEN: 'canary', GIT_TOKEN: 'canary' });
    expect(`${JSON.stringify(config)} ${inspect(config, { depth: null, showHidden: true })}`).to.not.contain('canary');
  });

  it('refuses a file that is absent, no mapping, or several documents', async () => {
    expect((await failureOf(() => loadConfig({}, {}, join(folder, 'absent.yaml'), signal))).message).to.contain('cannot be read');
    expect((await failureOf(() => load({}, '- a\n'))).message).to.contain('not a mapping');
    expect((await failureOf(() => load({}, 'cluster: a\n---\ncluster: b\n'))).message).to.contain('more than one document');
    expect((await load({}, '# all defaults\n')).cluster).to.equal('default');
  });

  it('names the variable of a setting that a command cannot do without, and how to give a secret', async () => {
    expect(await failureOf(async () => required(await load(), 'reportRepo'))).to.include({
      code: 'configuration',
      subject: 'REPORT_REPO',
    });
    expect((await failureOf(async () => required(await load(), 'confighubToken'))).remedy).to.contain('CUB_TOKEN_FILE');
    expect(required(await load({ REPORT_REPO: '/repo.git' }), 'reportRepo')).to.equal('/repo.git');
  });

  it('gives every option a flag of its own and a variable of its own', () => {
    const flags = OPTION_NAMES.map(flagOf);
    expect(new Set(flags).size).to.equal(flags.length);
    for (const flag of flags) expect(flag).to.match(/^--[a-z]+(-[a-z]+)*$/u);
    const variables = OPTION_NAMES.flatMap((name) => [...variablesOf(name)]);
    expect(new Set(variables).size).to.equal(variables.length);
  });

  it('has a default for every option that is neither secret nor required nor follows from another, and accepts its own defaults', async () => {
    await load();
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
