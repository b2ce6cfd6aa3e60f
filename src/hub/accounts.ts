/** What a token may be used for; `routes/rights.ts` has the table. */
export const ROLES = ['admin', 'drift-detector'] as const;
export type Role = (typeof ROLES)[number];

/** Who may come in. The name is the author of what is done with the token. */
export interface Account {
  readonly name: string;
  readonly role: Role;
  readonly token: string;
}
