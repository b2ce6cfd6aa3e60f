import { type Finding, revealValue } from '../types/finding.ts';
import type { Json } from '../types/json.ts';
import type { ObjectCorrection } from '../types/plan.ts';
import { Secret } from '../types/secret.ts';

/** Shorter values stand in every other word. */
const SHORTEST = 4;

/** A server's words about a correction without the values that are never shown: webhooks like to quote what they refuse. */
export function withoutMaskedValues(text: string, objects: readonly ObjectCorrection[]): string {
  const masked = objects.flatMap(({ fix, leave }) => [...fix, ...leave].flatMap(maskedTexts));
  // Longer ones first, so that none is left in part.
  return masked.sort((a, b) => b.length - a.length).reduce((rest, value) => rest.replaceAll(value, '***'), text);
}

function maskedTexts({ desired, live }: Finding): readonly string[] {
  return [desired, live].flatMap((value) => (value instanceof Secret ? textsOf(revealValue(value)) : []));
}

function textsOf(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return value.length < SHORTEST ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
