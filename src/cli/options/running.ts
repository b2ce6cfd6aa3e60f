import { z } from 'zod';
import { FORMAT_NAMES } from '../../outputs/formats/formats.ts';
import { boolean, option, whole } from './values.ts';

/** How the process runs: limits, Lease, exit code, log and output. */
export const RUNNING = {
  allowEmpty: option({
    schema: boolean,
    env: ['ALLOW_EMPTY'],
    default: 'false',
    help: 'accept zero units, workloads or declared objects',
  }),
  leaseNamespace: option({
    schema: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$|^$/u, 'must be the name of a namespace'),
    env: ['LEASE_NAMESPACE'],
    value: 'NAME',
    default: '',
    help: "namespace of the Lease that keeps passes apart; without it the pod's own, else default",
  }),
  leaseSeconds: option({
    schema: whole(1, 3_600),
    env: ['LEASE_SECONDS'],
    value: 'SECONDS',
    default: '30',
    help: 'how long a killed pass holds the Lease',
  }),
  detailedExitcode: option({
    schema: boolean,
    env: ['DETAILED_EXITCODE'],
    default: 'false',
    help: 'exit 2 where drift was found',
  }),
  timeout: option({
    schema: whole(1, 86_400),
    env: ['TIMEOUT'],
    value: 'SECONDS',
    default: '600',
    help: 'deadline of the whole pass',
  }),
  logLevel: option({
    schema: z.enum(['debug', 'info', 'warn', 'error']),
    env: ['LOG_LEVEL'],
    value: 'LEVEL',
    default: 'info',
    help: 'debug, info, warn or error',
  }),
  logFormat: option({
    schema: z.enum(['auto', 'json', 'pretty']),
    env: ['LOG_FORMAT'],
    value: 'FORMAT',
    default: 'auto',
    help: 'json in a pod, pretty on a terminal',
  }),
  output: option({
    schema: z.enum(FORMAT_NAMES),
    env: ['OUTPUT'],
    value: 'FORM',
    default: 'table',
    help: `form of the result: ${FORMAT_NAMES.slice(0, -1).join(', ')} or ${FORMAT_NAMES.at(-1)}`,
  }),
  quiet: option({
    schema: boolean,
    env: ['QUIET'],
    default: 'false',
    help: 'only the result, and errors: no progress, no log below LOG_LEVEL=error',
  }),
} as const;
