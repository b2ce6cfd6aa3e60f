import * as z from 'zod';
import { FORMAT_NAMES } from '../../outputs/formats/formats.ts';
import { boolean, option, wholeSeconds } from './values.ts';

/** How the process runs: limits, Lease, exit code, log and output. */
export const RUNNING = {
  allowEmpty: option({
    schema: boolean,
    default: 'false',
    help: 'accept zero units, workloads or declared objects',
  }),
  leaseNamespace: option({
    schema: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$|^$/u, 'must be the name of a namespace'),
    value: 'NAME',
    default: '',
    help: "namespace of the Lease that allows one pass at a time; default: the pod's own, else the namespace default",
  }),
  leaseDuration: option({
    schema: wholeSeconds(3_600, '1h'),
    former: 'LEASE_SECONDS',
    formerUnit: 's',
    value: 'DURATION',
    default: '30s',
    help: 'how long the Lease stays locked after a killed pass',
  }),
  detailedExitcode: option({
    schema: boolean,
    default: 'false',
    help: 'exit with 2 if drift was found',
  }),
  timeout: option({
    schema: wholeSeconds(86_400, '24h'),
    formerUnit: 's',
    clash: 'such a value would end a pass too early, or too late',
    value: 'DURATION',
    default: '10m',
    help: 'time limit of the whole pass',
  }),
  logLevel: option({
    schema: z.enum(['debug', 'info', 'warn', 'error']),
    value: 'LEVEL',
    default: 'info',
    help: 'debug, info, warn or error',
  }),
  logFormat: option({
    schema: z.enum(['auto', 'json', 'pretty']),
    value: 'FORMAT',
    default: 'auto',
    help: 'auto, json or pretty; auto is pretty on a terminal, otherwise json',
  }),
  output: option({
    schema: z.enum(FORMAT_NAMES),
    clash: 'such a value would change what a command prints, or be refused',
    value: 'FORMAT',
    default: 'table',
    help: `format of the result: ${FORMAT_NAMES.slice(0, -1).join(', ')} or ${FORMAT_NAMES.at(-1)}`,
  }),
  quiet: option({
    schema: boolean,
    default: 'false',
    help: 'print only the result and errors: no progress, no log below DRIFT_LOG_LEVEL=error',
  }),
} as const;
