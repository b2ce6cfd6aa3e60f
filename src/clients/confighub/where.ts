import { ConfigHubError } from '../../domain/errors.ts';

/** A literal of ConfigHub's query language; the language has no escapes, so some texts cannot be asked for. */
export function quote(value: string): string {
  if (/['"\\]/u.test(value)) {
    throw new ConfigHubError(
      `ConfigHub cannot be queried for ${JSON.stringify(value)}: its queries cannot contain quotes or backslashes`,
      {
        code: 'configuration',
        subject: value,
        remedy: 'Use a name without quotes and backslashes.',
      },
    );
  }
  return `'${value}'`;
}

export function inList(values: readonly string[]): string {
  return `(${values.map(quote).join(', ')})`;
}

/** Units named in one request: their ids stand in the address, which servers bound at some 8 kB. */
const IDS_PER_REQUEST = 150;

/** Conditions that name the units, each short enough for one request. */
export function* whereUnits(ids: readonly string[]): Iterable<string> {
  for (let from = 0; from < ids.length; from += IDS_PER_REQUEST)
    yield `UnitID IN ${inList(ids.slice(from, from + IDS_PER_REQUEST))}`;
}

/** Joins conditions; empty ones are left out. ConfigHub knows no OR and no parentheses. */
export function and(...conditions: readonly string[]): string {
  return conditions.filter((condition) => condition !== '').join(' AND ');
}
