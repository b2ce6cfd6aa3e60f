/**
 * A number as reports remember it: it follows only steps of more than a quarter, so that one more or less makes no commit,
 * and always a step from or to 0.
 */
export function inSteps(count: number, before: number): number {
  return count > 0 && Math.abs(count - before) * 4 <= before ? before : count;
}
