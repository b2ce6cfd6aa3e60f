/** What a token may be used for; `routes/rights.ts` has the table. */
export const ROLES = ['admin', 'drift-detector'] as const;
export type Role = (typeof ROLES)[number];

/** An account of the hub. Its name is the author of every change made with its token. */
export interface Account {
  readonly name: string;
  readonly role: Role;
  readonly token: string;
}
