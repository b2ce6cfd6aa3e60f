import { stringifyJson } from '../../domain/exact-json.ts';
import { isKeyPart, type KeyPart } from '../../domain/field-path.ts';
import { isJsonObject, type Json, own } from '../../domain/json.ts';
import type { SchemaNode } from './schema.ts';

export type ElementKey = Readonly<Record<string, KeyPart>>;

export interface KeyedElement {
  readonly key: ElementKey;
  readonly value: Json;
  /** Identity inside its list. */
  readonly id: string;
  /** How many elements with the same key stand before it. A POST may create such duplicates; an apply is refused. */
  readonly duplicate: number;
}

/** The elements of a keyed list with their keys; `undefined` where one lacks a key field that has no default. */
export function keyElements(
  list: readonly Json[],
  node: SchemaNode,
  keys: readonly string[],
): readonly KeyedElement[] | undefined {
  const seen = new Map<string, number>();
  const elements: KeyedElement[] = [];
  for (const value of list) {
    if (!isJsonObject(value)) return undefined;
    const key: Record<string, KeyPart> = {};
    for (const field of keys) {
      const part = own(value, field) ?? node.item().publishedDefault(field);
      // `protocol` is left out of most manifests and is part of the key all the same.
      if (!isKeyPart(part)) return undefined;
      key[field] = part;
    }
    const text = stringifyJson(key);
    const duplicate = seen.get(text) ?? 0;
    seen.set(text, duplicate + 1);
    elements.push({ key, value, duplicate, id: `${text}#${duplicate}` });
  }
  return elements;
}
