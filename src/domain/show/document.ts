import type { FieldPath } from '../field-path.ts';
import { printPath } from '../field-path.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../json.ts';
import { refOf } from '../object-ref.ts';
import { HIDDEN, hiddenForm, shownPart } from '../secret.ts';
import { type Sides, showSides } from './show.ts';
import type { ShowValues } from './show-values.ts';
import { isSecretKey } from './text.ts';

/** What names an object, and what kind of Secret it is. */
const NAMES = /^\/(?:apiVersion|kind|type|immutable|metadata\/name(?:space)?)$/u;

/**
 * Two states of one whole document as they may be shown. Of a Secret, and of what is no object of Kubernetes, only the
 * structure is; `none` hides the document.
 */
export function showDocuments({ desired, live }: Sides<JsonObject | undefined>, show: ShowValues): Sides<Json | undefined> {
  const refs = [desired, live].flatMap((document) => (document === undefined ? [] : [refOf(document)]));
  const [ref] = refs;
  if (ref && show !== 'none' && refs.every((one) => one !== undefined && one.kind !== 'Secret')) {
    const sides = showSides(ref, [], { desired, live }, show);
    return { desired: shownPart(sides.desired), live: shownPart(sides.live) };
  }
  const mask = (document: Json | undefined, other: Json | undefined, isLive: boolean): Json | undefined => {
    if (document === undefined) return undefined;
    return show === 'none' ? HIDDEN : masked(document, other, { isLive, path: [] });
  };
  return { desired: mask(desired, live, false), live: mask(live, desired, true) };
}

function masked(value: Json, other: Json | undefined, at: { readonly isLive: boolean; readonly path: FieldPath }): Json {
  const { isLive, path } = at;
  if (typeof value !== 'object' && NAMES.test(printPath(path))) return value;
  if (!isJsonObject(value)) return hiddenForm(value, isLive && typeof other === 'string' && other !== value);
  const last = path.at(-1);
  const above = last && 'field' in last ? last.field : '';
  return Object.fromEntries(
    Object.entries(value).map(([field, entry], index) => [
      isSecretKey(field, above) ? `${HIDDEN}#${index + 1}` : field,
      masked(entry, own(other, field), { isLive, path: [...path, { field }] }),
    ]),
  );
}
