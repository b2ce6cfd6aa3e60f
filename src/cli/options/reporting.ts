import * as z from 'zod';
import { keysOf } from '../../domain/keys-of.ts';
import { WEBHOOK_FORMATS } from '../../outputs/notify/webhook-body.ts';
import { boolean, linkTemplate, option, safeAddress, secret, secretAddress, secretKey } from './values.ts';

/** Ranking, the report and its repository, notifications. */
export const REPORTING = {
  claudeApiKey: option({
    schema: secret,
    env: ['CLAUDE_API_KEY'],
    isSecret: true,
    help: 'API key of Claude; without it built-in rules rank the findings',
  }),
  claudeBaseUrl: option({
    schema: safeAddress,
    value: 'URL',
    default: 'https://api.anthropic.com',
    help: 'URL of the Claude API',
  }),
  claudeModel: option({
    schema: z.string().min(1),
    value: 'ID',
    default: 'claude-haiku-5-5',
    help: 'model that ranks the findings',
  }),
  prices: option({
    schema: z.string(),
    former: false,
    value: 'FILE',
    default: '',
    help: 'YAML file of prices for the costs; default: list prices (docs/report.md)',
  }),
  reportRepo: option({
    schema: z.string().min(1),
    env: ['REPORT_REPO'],
    value: 'URL',
    help: 'Git repository of the reports',
  }),
  reportBranch: option({
    schema: z.string().min(1),
    value: 'NAME',
    default: 'main',
    help: 'branch of the report repository',
  }),
  reportPath: option({
    schema: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/u, 'must be one plain folder name'),
    value: 'FOLDER',
    default: 'reports',
    help: 'folder of the reports in the repository',
  }),
  gitToken: option({ schema: secret, env: ['GIT_TOKEN'], isSecret: true, help: 'password for an https report repository' }),
  gitCaFile: option({
    schema: z.string(),
    env: ['GIT_CA_FILE'],
    value: 'FILE',
    default: '',
    help: "PEM file of certificate authorities for an https report repository, instead of the system's",
  }),
  gitSshKey: option({
    schema: secretKey,
    env: ['GIT_SSH_KEY'],
    isSecret: true,
    help: 'private key for an ssh report repository, without a passphrase',
  }),
  gitSshKnownHostsFile: option({
    schema: z.string(),
    env: ['GIT_SSH_KNOWN_HOSTS_FILE'],
    value: 'FILE',
    default: '',
    help: 'known_hosts file with the keys of the ssh host; unknown hosts are always refused',
  }),
  gitSigningKey: option({
    schema: secretKey,
    env: ['GIT_SIGNING_KEY'],
    isSecret: true,
    help: 'private ssh key that signs report commits, without a passphrase',
  }),
  gitAuthorName: option({
    schema: z.string().min(1),
    env: ['GIT_AUTHOR_NAME'],
    value: 'NAME',
    default: 'drift-detector',
    help: 'author name of report commits',
  }),
  gitAuthorEmail: option({
    schema: z.string().min(1),
    env: ['GIT_AUTHOR_EMAIL'],
    value: 'ADDRESS',
    default: 'drift-detector@noreply.invalid',
    help: 'author email of report commits',
  }),
  commitUrl: option({
    schema: linkTemplate('commit'),
    value: 'TEMPLATE',
    default: '',
    help: 'URL of a report commit, with {commit} for its hash; default: derived from an https report repository',
  }),
  unitUrl: option({
    schema: linkTemplate('space', 'unit'),
    former: false,
    value: 'TEMPLATE',
    default: '',
    help: 'URL of a unit in ConfigHub, with {space} and {unit}: the pages of the report link to it',
  }),
  revisionUrl: option({
    schema: linkTemplate('space', 'unit', 'revision'),
    former: false,
    value: 'TEMPLATE',
    default: '',
    help: 'URL of a revision of a unit, with {space}, {unit} and {revision}',
  }),
  ownerLabel: option({
    schema: z
      .string()
      .regex(/^(([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/u, 'must be the name of a label'),
    former: false,
    value: 'LABEL',
    default: '',
    help: 'label of units, or else of workloads, whose value the report shows as the owner, such as team',
  }),
  webhookUrl: option({
    schema: secretAddress,
    isSecret: true,
    help: 'URL that gets a POST for each change in the report',
  }),
  webhookSecret: option({
    schema: secret,
    isSecret: true,
    help: 'key that signs these requests (HMAC-SHA256)',
  }),
  webhookFormat: option({
    schema: z.enum(keysOf(WEBHOOK_FORMATS)),
    value: 'FORMAT',
    default: 'json',
    help: Object.entries(WEBHOOK_FORMATS)
      .map(([name, { about }]) => `${name}: ${about}`)
      .join('; '),
  }),
  events: option({
    schema: boolean,
    clash: 'such a value would write events to the cluster',
    default: 'false',
    help: 'write Kubernetes events on workloads whose drift begins, ends or is paused, and on the CronJob',
  }),
  cronjob: option({
    schema: z.string(),
    value: 'NAME',
    default: '',
    help: 'CronJob that runs the passes; gets events about a tripped guard or a failed pass',
  }),
} as const;
