import { distance } from 'fastest-levenshtein';
import type { DecisionKind } from '../../domain/decision.ts';
import { sanitize } from '../../domain/describe.ts';
import { ConfigError } from '../../domain/errors.ts';
import { rowOf } from '../../domain/finding-classes.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { ReportFinding } from '../../domain/report.ts';
import { hasHiddenPart } from '../../domain/secret.ts';

/** How much of a fingerprint is enough to mean one. */
const PREFIX = /^[0-9a-f]{4,32}$/u;
const SHOWN = 5;

/**
 * The open findings that are named by a fingerprint or id, by the beginning of one, or by a workload's name, with
 * or without its kind and namespace. Throws where none, or more than one workload, is meant, and says what there is.
 */
export function chooseFindings(findings: readonly ReportFinding[], reference: string): readonly ReportFinding[] {
  const begun = PREFIX.test(reference)
    ? findings.filter(({ id, fingerprint }) => fingerprint.startsWith(reference) || id.startsWith(reference))
    : [];
  const wanted = reference.toLowerCase();
  const named = findings.filter(({ object }) => {
    const names = [displayRef(object), `${object.kind}/${object.name}`, object.name];
    return names.some((name) => name.toLowerCase() === wanted);
  });
  const workloads = [...new Set(named.map(({ object }) => displayRef(object)))];
  // A name may look like the beginning of another finding's fingerprint.
  const others = begun.filter((finding) => !named.includes(finding));
  if (named.length > 0 && others.length > 0)
    throw ambiguous(
      reference,
      [...workloads, ...others.map(nameOf)],
      'Give kind and namespace as well, as above, or more of the fingerprint.',
    );
  if (workloads.length > 1) throw ambiguous(reference, workloads, 'Give kind and namespace as well, as above.');
  if (named.length > 0) return named;
  if (begun.length > 1) throw ambiguous(reference, begun.map(nameOf), 'Give more of the fingerprint.');
  if (begun.length === 1) return begun;
  throw unknown(findings, reference);
}

function nameOf({ fingerprint, object, summary }: ReportFinding): string {
  return `${fingerprint.slice(0, 12)} ${displayRef(object)}: ${summary}`;
}

function ambiguous(reference: string, names: readonly string[], remedy: string): ConfigError {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  const shown = names.slice(0, SHOWN).map(sanitize).join('; ');
  return new ConfigError(`${sanitize(reference)} is ambiguous: ${shown}${more}`, {
    code: 'usage',
    subject: 'FINDING',
    remedy,
  });
}

function unknown(findings: readonly ReportFinding[], reference: string): ConfigError {
  const far = (name: string): number => distance(name.toLowerCase(), reference.toLowerCase());
  const names = findings.flatMap(({ object, fingerprint }) => [object.name, displayRef(object), fingerprint]);
  const near = [...new Set(names)]
    .filter((name) => far(name) <= Math.max(2, reference.length / 3))
    .sort((a, b) => far(a) - far(b));
  const [best] = near;
  const open = [...new Set(findings.map(({ object }) => displayRef(object)))];
  const listed = `${open.slice(0, SHOWN).map(sanitize).join(', ')}${open.length > SHOWN ? ` and ${open.length - SHOWN} more` : ''}`;
  const hint =
    best === undefined
      ? open.length === 0
        ? 'it has no open findings'
        : `open are ${listed}`
      : `did you mean ${sanitize(best)}?`;
  return new ConfigError(`the latest report has no open finding ${sanitize(reference)}; ${hint}`, {
    code: 'usage',
    subject: 'FINDING',
    remedy:
      'Pass a fingerprint or a workload of the report; a value that changed since has another fingerprint after the next pass.',
  });
}

/** Why a decision of this kind about this finding would be refused by a pass; empty where it would not. */
function refusalOf(kind: DecisionKind, finding: ReportFinding): string {
  const { class: found, unit, desired, live } = finding;
  const { decisions } = rowOf(found);
  if (!decisions.includes(kind)) {
    if (kind === 'adopt') return `unit ${unit} already declares it; accept or fix it`;
    if (decisions.includes('adopt')) return 'not managed by any unit; adopt or ignore it';
    if (decisions.length === 0) return `it is ${found} and no drift, so there is nothing to decide`;
    return 'the whole object is missing; remove it from the unit by hand, or fix it';
  }
  if (kind !== 'accept') return '';
  const isHidden = hasHiddenPart(desired) || hasHiddenPart(live);
  return isHidden ? 'its value looks like a secret, and secrets are not stored in ConfigHub; ignore or fix it' : '';
}

/** What a decision can be about, and what of the same workload it cannot. */
export interface Decidable {
  readonly possible: readonly ReportFinding[];
  readonly others: readonly { readonly finding: ReportFinding; readonly why: string }[];
}

/** The findings that the decision can be about; throws where there is none, and says why. */
export function decidable(kind: DecisionKind, chosen: readonly ReportFinding[]): Decidable {
  const possible = chosen.filter((finding) => refusalOf(kind, finding) === '');
  const others = chosen.filter((finding) => !possible.includes(finding));
  const [first] = chosen;
  if (possible.length > 0 || !first)
    return { possible, others: others.map((finding) => ({ finding, why: refusalOf(kind, finding) })) };
  throw new ConfigError(`cannot ${kind} ${nameOf(first)}: ${refusalOf(kind, first)}`, {
    code: 'usage',
    subject: 'FINDING',
    remedy: 'Choose another action or finding.',
  });
}
