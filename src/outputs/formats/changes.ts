import { correctedEntry, type Entry, openEntry, type ShownReport } from './entry.ts';

/** What became of a cluster's findings between two reports: new, changed, corrected by a pass, or resolved in another way. */
export function changesBetween(before: ShownReport | undefined, after: ShownReport | undefined): readonly Entry[] {
  const cluster = after?.cluster ?? before?.cluster ?? '';
  const known = new Map(before?.findings.map((finding) => [finding.id, finding]));
  const still = new Set(after?.findings.map(({ id }) => id));
  const open = (after?.findings ?? []).flatMap((finding) => {
    const earlier = known.get(finding.id);
    if (!earlier) return [openEntry(cluster, finding, 'new')];
    const now = openEntry(cluster, finding, 'changed');
    const isSame =
      earlier.fingerprint === finding.fingerprint &&
      earlier.severity === finding.severity &&
      openEntry(cluster, earlier).state === now.state;
    return isSame ? [] : [now];
  });
  const done = new Set(before?.corrections.map(({ findingId, time }) => `${findingId} ${time}`));
  const corrected = (after?.corrections ?? []).filter(
    ({ findingId, time, result }) => result === 'fixed' && !done.has(`${findingId} ${time}`),
  );
  const wasCorrected = new Set(corrected.map(({ findingId }) => findingId));
  const resolved = (before?.findings ?? []).filter(({ id }) => !still.has(id) && !wasCorrected.has(id));
  return [
    ...open,
    ...corrected.map((correction) => correctedEntry(cluster, correction)),
    ...resolved.map((finding): Entry => ({ ...openEntry(cluster, finding, 'resolved'), state: 'resolved', detail: '' })),
  ];
}
