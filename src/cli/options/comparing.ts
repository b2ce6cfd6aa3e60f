import * as z from 'zod';
import { DEFAULT_MAX_MB, MOST_MB } from '../../clients/files/read-file.ts';
import { ENVIRONMENT_WORDS, parseEnvironment } from '../../domain/environment.ts';
import { COMPARED_KINDS } from '../../domain/kinds/kinds.ts';
import { DELIVERERS } from '../../domain/tools.ts';
import { address, boolean, list, option, secret, whole } from './values.ts';

/** What is compared: the cluster, its objects, and the units of ConfigHub. */
export const COMPARING = {
  cluster: option({
    schema: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/u, 'must be 1 to 32 lower-case letters, digits or dashes'),
    clash: 'such a value would name this cluster in reports, changesets and the Lease',
    value: 'NAME',
    default: 'default',
    help: 'name of this cluster in reports and changesets',
  }),
  environment: option({
    schema: z.string().transform((text, context) => {
      const environment = parseEnvironment(text);
      if (environment) return environment;
      const message = `${JSON.stringify(text.slice(0, 50))} must be one of ${ENVIRONMENT_WORDS.join(', ')}, or one with a region: prod-eu`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }),
    clash: 'such a value would be refused, or change the ranking of findings and the grace period',
    value: 'NAME',
    default: 'dev',
    help: 'dev, staging or prod, also with a region (prod-eu): sets the weight of findings in the ranking',
  }),
  kubeconfig: option({
    schema: z.string(),
    env: ['KUBECONFIG'],
    value: 'FILE',
    default: '',
    help: 'kubeconfig file; default: the service account of the pod',
  }),
  context: option({ schema: z.string(), former: 'KUBE_CONTEXT', value: 'NAME', default: '', help: 'context of the kubeconfig' }),
  namespaceSelector: option({
    schema: z.string().min(1),
    value: 'SELECTOR',
    default: 'monitored=true',
    help: 'label selector of the namespaces to watch',
  }),
  kinds: option({
    schema: list.pipe(
      z.array(z.string().regex(/^([a-z0-9.-]+\/)?v[a-z0-9]+\/[A-Z][A-Za-z0-9]*$/u, 'must look like apps/v1/Deployment')).min(1),
    ),
    value: 'LIST',
    default: COMPARED_KINDS.join(','),
    help: 'kinds to compare, as apiVersion/Kind',
  }),
  maxFileMb: option({
    schema: whole(1, MOST_MB),
    value: 'MB',
    default: String(DEFAULT_MAX_MB),
    help: `size limit of each input file and of standard input, in MB, at most ${MOST_MB}`,
  }),
  ignoreFile: option({
    schema: z.string(),
    value: 'FILE',
    default: '',
    help: 'YAML file of rules for ignored drift, each with a reason (ignore: [{kind, name, path, reason}])',
  }),
  cacheDir: option({
    schema: z.string(),
    value: 'DIRECTORY',
    default: 'auto',
    help: 'cache for schemas of the API server: a folder, none, or auto for the cache folder of the user',
  }),
  desiredManagers: option({
    schema: list,
    value: 'LIST',
    default: 'confighub,confighub-bridge-worker',
    help: `field managers that deliver desired state, the main one first; add ${DELIVERERS.join(', ')} if you use them`,
  }),
  confighubUrl: option({ schema: address, env: ['CONFIGHUB_URL'], value: 'URL', help: 'URL of ConfigHub' }),
  confighubPlaintext: option({
    schema: boolean,
    env: ['CONFIGHUB_PLAINTEXT'],
    default: 'false',
    help: 'allow an http URL of ConfigHub on another machine, such as a hub in the same cluster; the token is sent unencrypted',
  }),
  confighubToken: option({ schema: secret, env: ['CUB_TOKEN', 'CONFIGHUB_TOKEN'], isSecret: true, help: 'token for ConfigHub' }),
  confighubWorkerId: option({
    schema: z.guid('must be a UUID'),
    env: ['CONFIGHUB_WORKER_ID'],
    value: 'UUID',
    help: 'worker to log in as, instead of a token; this login needs no renewal',
  }),
  confighubWorkerSecret: option({
    schema: secret,
    env: ['CONFIGHUB_WORKER_SECRET'],
    isSecret: true,
    help: 'secret of that worker',
  }),
  confighubSpace: option({
    schema: list,
    env: ['CONFIGHUB_SPACE'],
    value: 'LIST',
    default: '',
    help: 'spaces that contain the desired units',
  }),
  confighubWhere: option({
    schema: z.string(),
    env: ['CONFIGHUB_WHERE'],
    value: 'QUERY',
    default: '',
    help: 'ConfigHub query that selects the units',
  }),
  confighubFilter: option({
    schema: z.string(),
    env: ['CONFIGHUB_FILTER'],
    value: 'PROJECT/FILTER',
    default: '',
    help: 'ConfigHub filter that selects the units',
  }),
  target: option({
    schema: z.string(),
    clash: 'such a value would skip units',
    value: 'SLUG',
    default: '',
    help: 'target of this cluster; units of other targets are skipped',
  }),
} as const;
