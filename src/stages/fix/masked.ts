import type { Finding } from '../../domain/finding.ts';
import type { ObjectFix } from '../../domain/plan.ts';
import { Secret } from '../../domain/secret.ts';
import { textsNotShown, textsOf, withoutTexts } from '../../domain/show/redact.ts';
import { hiddenParts } from '../../domain/show/show.ts';

/** A cache: searching a whole object takes a while. */
const hiddenOf = new WeakMap<ObjectFix, readonly string[]>();

/**
 * A server's words about a fix without the values that are never shown: webhooks like to quote what they refuse, and
 * a strict validation the whole object.
 */
export function withoutMaskedValues(text: string, objects: readonly ObjectFix[]): string {
  if (text === '') return text;
  const hidden = objects.flatMap((object) => {
    const found = hiddenOf.get(object) ?? hiddenIn(object);
    hiddenOf.set(object, found);
    return found;
  });
  return withoutTexts(text, hidden);
}

function hiddenIn({ desired, live, fix, leave }: ObjectFix): readonly string[] {
  const documents = [desired.document, ...(live ? [live.body] : [])];
  return [
    ...[...fix, ...leave].flatMap(hiddenTexts),
    ...documents.flatMap((document) => hiddenParts(desired.ref, document).flatMap(({ value }) => textsOf(value))),
  ];
}

function hiddenTexts({ desired, live }: Finding): readonly string[] {
  return [desired, live].flatMap((value) => (value instanceof Secret ? textsNotShown(value.reveal(), value.shown) : []));
}
