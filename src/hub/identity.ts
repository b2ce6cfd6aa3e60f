import { sha256 } from '../domain/sha256.ts';

/** Go's zero time: "not set" on the wire (reference, section 2). */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

/** The hub has one organization; its ID is fixed so that a data directory can be merged, copied or thrown away. */
export const ORGANIZATION_ID = uuidOf('organization');

/** A UUID that is the same for the same name on every hub (RFC 9562, version 8: custom). */
export function uuidOf(name: string): string {
  const hex = sha256(`drift-detector hub ${name}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}
