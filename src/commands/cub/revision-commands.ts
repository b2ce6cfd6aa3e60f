import { unitRef } from '../../clients/confighub/client.ts';
import { ConfigHubError } from '../../domain/errors.ts';
import { type CubContext, findUnit, usage } from './context.ts';
import { unifiedDiff } from './diff.ts';
import { base64, type CubResult, json } from './results.ts';
import { printColumns } from './tables.ts';

export async function revisionListCommand(
  context: CubContext,
  slug: string,
  flags: { readonly space?: string; readonly json?: boolean },
): CubResult {
  const { Unit, Space } = await findUnit(context, slug, flags.space);
  const revisions = await context.hub.listRevisions(unitRef(Unit, Space?.Slug ?? ''), context.signal);
  if (flags.json)
    context.out(json(revisions.map(({ Revision, User }) => ({ Revision: { ...Revision, Data: base64(Revision.Data) }, User }))));
  else {
    const rows = revisions.map(({ Revision, User }) => [
      String(Revision.RevisionNum),
      Revision.CreatedAt,
      User?.Username ?? '',
      Revision.Description,
    ]);
    context.out(printColumns(['REVISION', 'TIMESTAMP', 'AUTHOR', 'DESCRIPTION'], rows));
  }
  return 0;
}

/** `--from` and `--to` as numbers, `live`, `head`, or counted back from the head. */
export async function unitDiffCommand(
  context: CubContext,
  slug: string,
  flags: { readonly space?: string; readonly from: string; readonly to: string },
): CubResult {
  const { Unit, Space } = await findUnit(context, slug, flags.space);
  const ref = unitRef(Unit, Space?.Slug ?? '');
  const numberOf = (text: string): number => {
    if (text === 'head') return Unit.HeadRevisionNum;
    if (text === 'live') return Unit.LiveRevisionNum;
    const number = /^-?\d+$/u.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(number)) throw usage(`${JSON.stringify(text)} is not a revision`, 'Give a number, live or head.');
    return number < 0 ? Unit.HeadRevisionNum + number : number;
  };
  const read = async (text: string) => {
    const number = numberOf(text);
    const revision = await context.hub.readRevision(ref, number, context.signal);
    if (revision) return revision;
    throw new ConfigHubError(`unit ${ref.name} has no revision ${number}`, {
      code: 'not-found',
      subject: ref.name,
      remedy:
        text === 'live' ? 'It was never applied; name another revision with --from.' : 'cub revision list shows those it has.',
    });
  };
  context.out(unifiedDiff(await read(flags.from), await read(flags.to)));
  return 0;
}
