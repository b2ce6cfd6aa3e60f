import { z } from 'zod';
import { keysOf } from '../../domain/keys-of.ts';
import { WEBHOOK_FORMATS } from '../../outputs/notify/webhook-body.ts';
import { boolean, option, safeAddress, secret, secretAddress, secretKey } from './values.ts';

/** Ranking, the report and its repository, notifications. */
export const REPORTING = {
  claudeApiKey: option({
    schema: secret,
    env: ['CLAUDE_API_KEY'],
    isSecret: true,
    help: 'key for Claude; without it a heuristic ranks',
  }),
  claudeBaseUrl: option({
    schema: safeAddress,
    value: 'URL',
    default: 'https://api.anthropic.com',
    help: 'address of the Claude API',
  }),
  claudeModel: option({
    schema: z.string().min(1),
    value: 'ID',
    default: 'claude-haiku-5-5',
    help: 'model that ranks',
  }),
  prices: option({
    schema: z.string(),
    former: false,
    value: 'FILE',
    default: '',
    help: 'YAML file of the prices that costs are computed with; without it list prices (docs/report.md)',
  }),
  reportRepo: option({
    schema: z.string().min(1),
    env: ['REPORT_REPO'],
    value: 'URL',
    help: 'Git repository that the report is committed to',
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
    help: "PEM file of the authorities to trust for an https report repository, in place of the system's",
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
    help: 'known_hosts file with the keys of the ssh host; an unknown host is always refused',
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
    help: 'author of report commits',
  }),
  gitAuthorEmail: option({
    schema: z.string().min(1),
    env: ['GIT_AUTHOR_EMAIL'],
    value: 'ADDRESS',
    default: 'drift-detector@noreply.invalid',
    help: 'address of that author',
  }),
  commitUrl: option({
    schema: z
      .string()
      .refine(
        (text) => text === '' || (/^https:\/\/[^\s@{][^\s@]*$/u.test(text) && text.includes('{commit}')),
        'must be an https address without a user in it, with {commit} in its path',
      ),
    value: 'TEMPLATE',
    default: '',
    help: 'page of a report commit, with {commit} for its hash; without it derived from an https report repository',
  }),
  webhookUrl: option({
    schema: secretAddress,
    isSecret: true,
    help: 'address that news in the report is announced to',
  }),
  webhookSecret: option({
    schema: secret,
    isSecret: true,
    help: 'key that announcements are signed with (HMAC-SHA256)',
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
    help: 'write Kubernetes events on workloads whose drift begins, ends or is held, and on the CronJob',
  }),
  cronjob: option({
    schema: z.string(),
    value: 'NAME',
    default: '',
    help: 'CronJob that runs the passes, for events on a tripped guard or a failed pass',
  }),
} as const;
