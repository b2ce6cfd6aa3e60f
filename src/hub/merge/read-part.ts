import { parseManifest } from '../../clients/kubernetes/manifest.ts';
import type { JsonObject } from '../../domain/json.ts';

export type ReadPart =
  | { readonly outcome: 'read' /** `undefined` for an empty document. */; readonly value: JsonObject | undefined }
  | { readonly outcome: 'unreadable'; readonly message: string };

/** The value of the text of one document. A List stays one document here: it is edited as one. */
export function readPart(text: string): ReadPart {
  const read = parseManifest(text);
  if (!read.ok) return { outcome: 'unreadable', message: read.error };
  if (isList(text)) return { outcome: 'read', value: { apiVersion: 'v1', kind: 'List', items: read.documents } };
  if (read.documents.length > 1) return { outcome: 'unreadable', message: 'documents that are not separated by ---' };
  return { outcome: 'read', value: read.documents[0] };
}

/** The parser opens Lists, so that this is asked of the text: a `kind` at the top level, in block style or in JSON. */
function isList(text: string): boolean {
  return (
    /^["']?kind["']?[ \t]*:[ \t]*["']?List["']?[ \t]*(?:#.*)?$/mu.test(text) ||
    /^\s*\{\s*(?:"apiVersion"\s*:\s*"v1"\s*,\s*)?"kind"\s*:\s*"List"/u.test(text)
  );
}
