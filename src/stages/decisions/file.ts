import { distance } from 'fastest-levenshtein';
import type * as z from 'zod';
import { readManifest } from '../../clients/kubernetes/manifest.ts';
import {
  adoptSchema,
  DECISION_KINDS,
  type Decision,
  type DecisionKind,
  type DecisionMistake,
  type DecisionsFile,
  decisionId,
  targetSchema,
} from '../../domain/decision.ts';
import { type IgnoreRule, ignoreRuleSchema } from '../../domain/ignore-rule.ts';
import { isJsonArray, isJsonObject, type Json } from '../../domain/json.ts';
import { type LineOf, linesOf } from './lines.ts';

/** Far more than people decide; what exceeds a bound is refused instead of exhausting the process. */
const LIMITS = { bytes: 256 << 10, depth: 10, aliases: 100, nodes: 20_000 };

const TARGET = 'fingerprint: 3f9ac04be1d2a7765c01fe6b8a09d4e2';
const EXAMPLES: Readonly<Record<DecisionKind, string>> = {
  ignore: 'kind: Deployment, name: web, reason: why',
  accept: TARGET,
  fix: TARGET,
  adopt: `${TARGET}, space: shop-dev`,
};

/**
 * Reads decisions.yaml; the authors come from its history. An entry with a mistake is reported with its line and has no effect;
 * the others are valid. Only a text without recognizable sections is unreadable as a whole.
 */
export function readDecisions(text: string): DecisionsFile {
  return read(text, linesOf);
}

/** Ids of the decisions in a text; `undefined` if it is unreadable. */
export function decisionIds(text: string): ReadonlySet<string> | undefined {
  const { decisions, unreadable: why } = read(text, () => () => 1);
  return why === '' ? new Set(decisions.map(({ id }) => id)) : undefined;
}

function read(text: string, placesOf: (text: string) => LineOf): DecisionsFile {
  const { documents, faults } = readManifest(text, LIMITS);
  const [fault] = faults;
  if (fault) return unreadable(fault.error.includes('line') ? fault.error : `line ${fault.line}: ${fault.error}`);
  const [first, ...others] = documents;
  if (!first) return unreadable('');
  if (others.length > 0) return unreadable('it contains more than one document; keep one');
  const lines = placesOf(text);
  const decisions: Decision[] = [];
  const mistakes: DecisionMistake[] = [];
  const faulty: string[] = [];
  for (const [section, entries] of Object.entries(first.document)) {
    const kind = DECISION_KINDS.find((known) => known === section);
    if (!kind) faulty.push(`line ${lines(section)}: ${unknownSection(section)}`);
    else if (entries !== null && !isJsonArray(entries))
      faulty.push(`line ${lines(section)}: ${section} must be a list; begin each entry with "- "`);
    else
      for (const [index, entry] of (entries ?? []).entries()) {
        const line = lines(section, index);
        const found = readEntry(kind, entry, line);
        if (typeof found === 'string') mistakes.push({ line, entry: `${kind} entry ${index + 1}`, error: found });
        else decisions.push(found);
      }
  }
  return { ...withoutRepetitions(decisions, mistakes), unreadable: faulty.join('; ') };
}

function unreadable(why: string): DecisionsFile {
  return { decisions: [], mistakes: [], unreadable: why };
}

function unknownSection(name: string): string {
  const near = DECISION_KINDS.find((kind) => distance(kind, name) <= 2);
  const known = `the sections are ${DECISION_KINDS.join(', ')}`;
  return `${JSON.stringify(name.slice(0, 40))} is not a section; ${near ? `did you mean ${near}?` : known}`;
}

/** The entry, or what is wrong with it and how to mend it. */
function readEntry(kind: DecisionKind, entry: Json, line: number): Decision | string {
  const common = { line, by: undefined };
  if (!isJsonObject(entry)) return `must be fields with values, such as {${EXAMPLES[kind]}}`;
  if (kind === 'ignore') {
    const parsed = ignoreRuleSchema.safeParse(entry);
    if (!parsed.success) return explain(parsed.error, Object.keys(ignoreRuleSchema.shape));
    const rule = parsed.data;
    return { kind, id: ruleId(rule), rule, reason: rule.reason, ...common };
  }
  if (kind === 'adopt') {
    const parsed = adoptSchema.safeParse(entry);
    if (!parsed.success) return explain(parsed.error, Object.keys(adoptSchema.shape));
    const { fingerprint, reason = '', time, space, unit } = parsed.data;
    return { kind, id: decisionId(kind, [fingerprint, time, space, unit]), fingerprint, reason, space, unit, ...common };
  }
  const parsed = targetSchema.safeParse(entry);
  if (!parsed.success) return explain(parsed.error, Object.keys(targetSchema.shape));
  const { fingerprint, reason = '', time } = parsed.data;
  return { kind, id: decisionId(kind, [fingerprint, time]), fingerprint, reason, ...common };
}

function ruleId({ namespace, kind, name, path, manager, until }: IgnoreRule): string {
  return decisionId('ignore', [namespace, kind, name, path, manager, until]);
}

/** Mistakes of one kind that are named before the rest is counted. */
const NAMED_KEYS = 3;

function explain(error: z.ZodError, known: readonly string[]): string {
  return error.issues
    .map((issue) => {
      const where = issue.path.join('.');
      if (issue.code !== 'unrecognized_keys') return `${where === '' ? '' : `${where}: `}${issue.message}`;
      const named = issue.keys.slice(0, NAMED_KEYS).map((key) => {
        const near = known.find((name) => distance(name, key) <= 2);
        return `${JSON.stringify(key.slice(0, 40))} is unknown; ${near ? `did you mean ${near}?` : `an entry has ${known.join(', ')}`}`;
      });
      const rest = issue.keys.length - named.length;
      return [...named, ...(rest > 0 ? [`and ${rest} more are unknown`] : [])].join('; ');
    })
    .join('; ');
}

/** The same decision twice counts, and is listed, once. */
function withoutRepetitions(
  decisions: readonly Decision[],
  mistakes: readonly DecisionMistake[],
): Pick<DecisionsFile, 'decisions' | 'mistakes'> {
  const firstOf = new Map<string, Decision>();
  const repeated: DecisionMistake[] = [];
  for (const decision of decisions) {
    const first = firstOf.get(decision.id);
    if (!first) firstOf.set(decision.id, decision);
    else
      repeated.push({
        line: decision.line,
        entry: `${decision.kind} entry`,
        error: `repeats line ${first.line}; remove one of them`,
      });
  }
  return {
    decisions: [...firstOf.values()],
    mistakes: [...mistakes, ...repeated].sort((one, other) => one.line - other.line),
  };
}
