import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { readManifest } from '../kubernetes/manifest.ts';
import {
  adoptSchema,
  DECISION_KINDS,
  type Decider,
  type Decision,
  type DecisionKind,
  type DecisionMistake,
  type DecisionsFile,
  decisionId,
  targetSchema,
} from '../types/decision.ts';
import { type IgnoreRule, ignoreRuleSchema } from '../types/ignore-rule.ts';
import { isJsonArray, isJsonObject, type Json } from '../types/json.ts';
import { type EntryLines, linesOf } from './lines.ts';

/** Far more than people decide; what exceeds a bound is refused instead of exhausting the process. */
const LIMITS = { bytes: 256 << 10, depth: 10, aliases: 100, nodes: 20_000 };

const TARGET = 'fingerprint: 3f9ac04be1d2a7765c01fe6b8a09d4e2';
const EXAMPLES: Readonly<Record<DecisionKind, string>> = {
  ignore: 'kind: Deployment, name: web, reason: why',
  accept: TARGET,
  fix: TARGET,
  adopt: `${TARGET}, space: shop-dev`,
};

/** Who last touched each line of the file, from line 1 on; shorter or empty where Git could not tell. */
export type Blame = readonly (Decider | undefined)[];

/**
 * Reads decisions.yaml. An entry with a mistake is told with its line and has no effect, the rest holds; only a text whose
 * sections cannot be told apart is unreadable as a whole.
 */
export function readDecisions(text: string, blame: Blame): DecisionsFile {
  const { documents, faults } = readManifest(text, LIMITS);
  const [fault] = faults;
  if (fault) return unreadable(fault.error.includes('line') ? fault.error : `line ${fault.line}: ${fault.error}`);
  const [first, ...others] = documents;
  if (!first) return unreadable('');
  if (others.length > 0) return unreadable('it holds more than one document; keep one');
  const lines = linesOf(text);
  const decisions: Decision[] = [];
  const mistakes: DecisionMistake[] = [];
  const faulty: string[] = [];
  for (const [section, entries] of Object.entries(first.document)) {
    const kind = DECISION_KINDS.find((known) => known === section);
    if (!kind) faulty.push(`line ${lines(section).from}: ${unknownSection(section)}`);
    else if (entries !== null && !isJsonArray(entries))
      faulty.push(`line ${lines(section).from}: ${section} must be a list; begin each entry with "- "`);
    else
      for (const [index, entry] of (entries ?? []).entries()) {
        const at = lines(section, index);
        const read = readEntry(kind, entry, at, deciderOf(at, lines(section).from, blame));
        if (typeof read === 'string') mistakes.push({ line: at.from, entry: `${kind} entry ${index + 1}`, error: read });
        else decisions.push(read);
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
  return `${JSON.stringify(name.slice(0, 40))} is no section; ${near ? `did you mean ${near}?` : known}`;
}

/**
 * The newest of the commits that touched the entry's lines or its section's name: who wrote it as it stands. Whoever makes
 * `accept` of a `fix` decided what is below it.
 */
function deciderOf({ from, to }: EntryLines, section: number, blame: Blame): Decider | undefined {
  return [blame[section - 1], ...blame.slice(from - 1, to)]
    .filter((line) => line !== undefined)
    .reduce<Decider | undefined>(
      (newest, line) => (newest && Date.parse(newest.time) >= Date.parse(line.time) ? newest : line),
      undefined,
    );
}

/** The entry, or what is wrong with it and how to mend it. */
function readEntry(kind: DecisionKind, entry: Json, at: EntryLines, by: Decider | undefined): Decision | string {
  const common = { line: at.from, by };
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

function explain(error: z.ZodError, known: readonly string[]): string {
  return error.issues
    .map((issue) => {
      const where = issue.path.join('.');
      if (issue.code !== 'unrecognized_keys') return `${where === '' ? '' : `${where}: `}${issue.message}`;
      return issue.keys
        .map((key) => {
          const near = known.find((name) => distance(name, key) <= 2);
          return `${JSON.stringify(key.slice(0, 40))} is not known; ${near ? `did you mean ${near}?` : `an entry has ${known.join(', ')}`}`;
        })
        .join('; ');
    })
    .join('; ');
}

/** The same decision twice is one decision, said once. */
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
        error: `says the same as line ${first.line}; remove one of them`,
      });
  }
  return {
    decisions: [...firstOf.values()],
    mistakes: [...mistakes, ...repeated].sort((one, other) => one.line - other.line),
  };
}
