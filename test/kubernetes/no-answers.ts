import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Answer } from './fake-api-server.ts';

/** An answer that is none. */
export interface NoAnswer {
  readonly name: string;
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
}

export function noAnswers(file: string): readonly NoAnswer[] {
  return parse(readFileSync(new URL(`../../fixtures/answers/${file}`, import.meta.url), 'utf8')) as readonly NoAnswer[];
}

export function sent({ status = 200, type = 'application/json', body }: NoAnswer): Answer {
  return { status, headers: { 'content-type': type }, body };
}
