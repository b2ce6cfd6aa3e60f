/** The keys of a table that is written out in the code, in its order. */
export function keysOf<T extends object>(table: T): readonly (keyof T & string)[] {
  // A literal has the keys of its type and no others.
  return Object.keys(table) as (keyof T & string)[];
}
