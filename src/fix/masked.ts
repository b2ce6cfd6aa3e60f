import type { Finding } from '../types/finding.ts';
import type { ObjectCorrection } from '../types/plan.ts';
import { Secret } from '../types/secret.ts';
import { textsNotShown, textsOf, withoutTexts } from '../types/show/redact.ts';
import { hiddenParts } from '../types/show/show.ts';

/**
 * A server's words about a correction without the values that are never shown: webhooks like to quote what they refuse, and
 * a strict validation the whole object.
 */
export function withoutMaskedValues(text: string, objects: readonly ObjectCorrection[]): string {
  const hidden = objects.flatMap(({ desired, live, fix, leave }) => [
    ...[...fix, ...leave].flatMap(hiddenTexts),
    ...[desired.document, ...(live ? [live.body] : [])].flatMap((document) =>
      hiddenParts(desired.ref, document).flatMap(({ value }) => textsOf(value)),
    ),
  ]);
  return withoutTexts(text, hidden);
}

function hiddenTexts({ desired, live }: Finding): readonly string[] {
  return [desired, live].flatMap((value) => (value instanceof Secret ? textsNotShown(value.reveal(), value.shown) : []));
}
