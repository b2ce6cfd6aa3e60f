// Old syntax and modules only: every Node since 14.14 reads this file, so that each can say which Node is wanted.
import { readFileSync } from 'node:fs';

/** EX_CONFIG of sysexits.h, as `configuration` of src/domain/exit-codes.ts: what the machine has is not what is needed. */
export const UNSUITABLE = 78;

/** The oldest Node that runs drift-detector, as `24.3.0`: `engines` of package.json, which is beside bin/ and beside dist/. */
export function wantedNode() {
  const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return engines.node.replace('>=', '');
}

/** Whether this process runs on Node `wanted` (as `24.3.0`) or a newer one. */
export function isNodeAtLeast(wanted) {
  const minimum = wanted.split('.').map(Number);
  const actual = process.versions.node.split('.').map(Number);
  const place = minimum.findIndex((number, index) => number !== actual[index]);
  return place === -1 || actual[place] > minimum[place];
}
