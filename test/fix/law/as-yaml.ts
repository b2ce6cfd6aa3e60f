import type { Json } from '../../../src/domain/json.ts';

/** JSON that a reader of YAML takes for the same: some characters would be line ends to it. */
export function asYaml(value: Json): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/gu,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
