import * as z from 'zod';
import { badRequest } from '../errors.ts';

const list = z
  .string()
  .optional()
  .transform((value) =>
    value
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
const flag = z
  .enum(['true', 'false'])
  .optional()
  .transform((value) => value === 'true');

/** Every query parameter that the hub knows; others are ignored, as later clients send more (reference, section 3.3). */
const parametersSchema = z.object({
  where: z.string().max(100_000).optional(),
  contains: z.string().optional(),
  filter: z.guid().optional(),
  where_data: z.string().optional(),
  resource_type: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  continue: z.string().optional(),
  order_by: z.string().optional(),
  include: list,
  select: list,
  summary: flag,
  allow_exists: flag,
  recursive: flag,
  dry_run: flag,
  upgrade: flag,
  restore: z.string().optional(),
  revision_id: z.guid().optional(),
  revision: z.string().optional(),
  tag: z.guid().optional(),
  change_set_id: z.guid().optional(),
  upstream_space_id: z.guid().optional(),
  upstream_unit_id: z.guid().optional(),
  where_space: z.string().optional(),
  filter_space: z.guid().optional(),
  name_prefixes: list,
  last_change_description: z.string().optional(),
});
export type Parameters = z.infer<typeof parametersSchema>;

export function readParameters(query: Readonly<Record<string, string>>): Parameters {
  const parsed = parametersSchema.safeParse(query);
  if (!parsed.success)
    throw badRequest(parsed.error.issues.map(({ path, message }) => `parameter ${path.join('.')}: ${message}`).join('; '));
  return parsed.data;
}
