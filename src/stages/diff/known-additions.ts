import { type ActorClass, isChoice } from '../../domain/actor-classes.ts';
import type { FindingClass } from '../../domain/finding-classes.ts';
import { type KnownAddition, TOOLS } from '../../domain/tools.ts';

/** One field as the table looks at it. */
export interface AddedField {
  readonly kind: string;
  readonly path: string;
  /** Key of a label or annotation; `undefined` elsewhere. */
  readonly metadataKey: string | undefined;
  /** Name of the env variable that the path ends at; `undefined` elsewhere. */
  readonly envName: string | undefined;
  readonly actor: ActorClass | undefined;
  readonly class: FindingClass;
  /** Whether the object has a field of this name. */
  readonly has: (field: string) => boolean;
}

/** The tool that is known to write this field; `undefined` where none is, or where something else wrote it. */
export function knownAdditionOf(field: AddedField): string | undefined {
  if (isChoice(field.actor)) return undefined;
  const isAdded = ({ metadata, env, path, kinds, overwrites, removes, onlyWith }: KnownAddition): boolean =>
    (kinds === undefined || kinds.includes(field.kind)) &&
    (field.class === 'added' || (field.class === 'removed' ? removes : overwrites) === true) &&
    (onlyWith === undefined || field.has(onlyWith)) &&
    [metadata?.test(field.metadataKey ?? ''), env?.test(field.envName ?? ''), path?.test(field.path)].includes(true);
  return TOOLS.find(({ adds }) => adds?.some(isAdded))?.tool;
}
