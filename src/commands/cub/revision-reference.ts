import type { CubContext } from './context.ts';

/**
 * A revision as people write it, as the server takes it: `ChangeSet:project/slug` and `Before:ChangeSet:project/slug`
 * name the changeset by its id on the wire, everything else stays as it is.
 */
export async function resolveReference({ hub, signal }: CubContext, text: string): Promise<string> {
  const [, before = '', reference] = /^(Before:)?ChangeSet:(.+)$/u.exec(text) ?? [];
  if (reference === undefined || !reference.includes('/')) return text;
  return `${before}ChangeSet:${(await hub.findChangeSet(reference, signal)).ChangeSetID}`;
}
