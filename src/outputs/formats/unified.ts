import { sanitize } from '../../domain/describe.ts';
import { displayRef, type ObjectRef, objectKey } from '../../domain/object-ref.ts';
import { type DiffedField, objectDiff } from '../../domain/value-diff.ts';

/** One field of an object that differs, or the whole object, which has no steps. */
export interface UnifiedField extends DiffedField {
  readonly object: ObjectRef;
  /** What happened, in a few words. */
  readonly summary: string;
}

/**
 * One unified diff for each object, with the signs as `kubectl diff` has them: `-` is live, `+` is desired. What is said of
 * a whole object is a line before it that begins with `#`, which tools for patches pass over.
 */
export function printUnified(fields: readonly UnifiedField[]): string {
  return [...Map.groupBy(fields, ({ object }) => objectKey(object)).values()].map(printObject).join('');
}

function printObject(fields: readonly UnifiedField[]): string {
  const [first] = fields;
  if (!first) return '';
  const { object } = first;
  const name = sanitize(
    [object.apiVersion.replaceAll('/', '.'), object.kind, object.namespace, object.name].filter((part) => part !== '').join('.'),
  );
  const whole = fields.filter(({ steps }) => steps.length === 0);
  const comments = whole.map(({ summary }) => `# ${sanitize(`${displayRef(object)}: ${summary}`)}\n`);
  const lines = objectDiff(fields.map((field) => ({ ...field, desired: field.live, live: field.desired })));
  const hunks = hunksOf(lines);
  const head = hunks.length === 0 ? [] : [`--- live/${name}\n`, `+++ desired/${name}\n`];
  return [...comments, ...head, ...hunks].join('');
}

const UNCHANGED = /^@@ (\d+) unchanged lines @@$/u;

/** Lines with their signs as hunks; where unchanged ones are left out, another begins. */
function hunksOf(lines: readonly string[]): readonly string[] {
  const hunks: string[] = [];
  let [before, after] = [1, 1];
  let hunk: string[] = [];
  const end = (): void => {
    const of = (sign: string): number => hunk.filter((line) => line.startsWith(' ') || line.startsWith(sign)).length;
    const [removed, added] = [of('-'), of('+')];
    if (hunk.length > 0)
      hunks.push(`@@ -${before},${removed} +${after},${added} @@\n${hunk.map((line) => `${sanitize(line)}\n`).join('')}`);
    [before, after, hunk] = [before + removed, after + added, []];
  };
  for (const line of lines) {
    if (!line.startsWith('@@')) {
      hunk.push(line);
      continue;
    }
    end();
    const unchanged = Number(UNCHANGED.exec(line)?.[1] ?? 0);
    [before, after] = [before + unchanged, after + unchanged];
  }
  end();
  return hunks;
}
