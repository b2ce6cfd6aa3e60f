import { readFile } from 'node:fs/promises';
import * as z from 'zod';

/** Who did what, without bodies; the control plane's own programs are left out. */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    {
      level: 'None',
      users: ['system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler', 'kwok'],
    },
    { level: 'None', userGroups: ['system:serviceaccounts:kube-system'] },
    { level: 'Metadata' },
  ],
};

const auditEvent = z.object({
  verb: z.string(),
  requestURI: z.string(),
  // The aggregator's own look at an aggregated API has no user.
  user: z.object({ username: z.string().default('') }),
  userAgent: z.string().default(''),
  objectRef: z
    .object({
      apiGroup: z.string().default(''),
      resource: z.string().default(''),
      subresource: z.string().default(''),
      namespace: z.string().default(''),
      name: z.string().default(''),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().default(0) }).optional(),
});

/** One request as the API server itself recorded it (audit.k8s.io/v1). */
export type AuditEvent = z.output<typeof auditEvent>;

/** The requests from this byte on, in the order of their answers, and where the log ends by now. */
export async function readAudit(
  path: string,
  from = 0,
): Promise<{ readonly events: readonly AuditEvent[]; readonly end: number }> {
  const bytes = (await readFile(path)).subarray(from);
  // A half line at the end is one that is just being written.
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
  const lines = whole.toString('utf8').split('\n').slice(0, -1);
  return { events: lines.map((line) => auditEvent.parse(JSON.parse(line))), end: from + whole.length };
}

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** True for requests that changed something, or would have: neither dry runs nor questions about rights. */
export function isWrite({ verb, requestURI, objectRef }: AuditEvent): boolean {
  if (!WRITES.has(verb) || objectRef?.apiGroup === 'authorization.k8s.io') return false;
  return !new URL(requestURI, 'http://server').searchParams.getAll('dryRun').includes('All');
}
