import { printPath } from '../../../src/domain/field-path.ts';
import { revealValue } from '../../../src/domain/finding.ts';
import type { Json } from '../../../src/domain/json.ts';
import { contentOf, differences } from './content.ts';
import type { Judged } from './court.ts';

/** One case for the reader of a failure: the other manager's changes, the findings, and the result. */
export function tellStory(judged: Judged): string {
  if (judged.status === 'not made') return `${judged.case.name}: not made: ${judged.message}`;
  const { story, verdict, changes } = judged;
  const { before, edited, after, treated } = story;
  const [was, left, is] = [before, edited, after].map(contentOf);
  const lines = differences(was, left).map(
    ({ path, expected, found }) => `  stranger ${path}: ${brief(expected)} -> ${brief(found)}`,
  );
  for (const { ranked, action, reason, detail } of treated.items) {
    const { finding } = ranked;
    const outcome = treated.outcomes.get(finding.id);
    const values = `${brief(revealValue(finding.desired))} -> ${brief(revealValue(finding.live))}`;
    const who = finding.blame ? `${finding.blame.manager}/${finding.blame.subresource} (${finding.blame.actor})` : 'nobody';
    const what = `${finding.class} ${printPath(finding.path)}: ${values} by ${who}`;
    lines.push(`  found    ${what}: ${action} ${reason} ${detail} ${outcome ? `${outcome.result} ${outcome.message}` : ''}`);
  }
  for (const { path, expected, found } of differences(was, is))
    lines.push(`  after    ${path}: ${brief(expected)} -> ${brief(found)}`);
  for (const fault of verdict.faults) lines.push(`  FAULT    ${fault}`);
  return [`${judged.case.name}${changes.length > 0 ? `: ${changes.join(', ')}` : ''}`, ...lines].join('\n');
}

function brief(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
