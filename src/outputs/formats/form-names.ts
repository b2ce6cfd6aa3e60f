/** What `--output` may be. */
export const FORMS = ['table', 'wide', 'json', 'yaml', 'name', 'md', 'jsonl', 'sarif', 'junit'] as const;
export type Form = (typeof FORMS)[number];
