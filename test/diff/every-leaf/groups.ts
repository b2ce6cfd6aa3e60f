import { isDeepStrictEqual } from 'node:util';
import type { Mutation } from './mutations.ts';
import { isPrefix, type Pointer } from './pointer.ts';

/** Leaves that can be left out of one object together: none inside another, no two of one parent. */
export function groupsOf(mutations: readonly Mutation[]): readonly (readonly Mutation[])[] {
  const groups: Mutation[][] = [];
  for (const mutation of mutations) {
    const group = groups.find((one) =>
      one.every((other) => other.base === mutation.base && !collide(other.pointer, mutation.pointer)),
    );
    if (group) group.push(mutation);
    else groups.push([mutation]);
  }
  return groups;
}

function collide(a: Pointer, b: Pointer): boolean {
  const [parentA, parentB] = [a.slice(0, -1), b.slice(0, -1)];
  if (isDeepStrictEqual(parentA, parentB) || isPrefix(a, b) || isPrefix(b, a)) return true;
  // An element that is left out moves those after it.
  return (typeof a.at(-1) === 'number' && isPrefix(parentA, b)) || (typeof b.at(-1) === 'number' && isPrefix(parentB, a));
}
