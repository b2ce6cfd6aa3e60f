import type { DecideArguments } from '../../src/commands/decide/entries.ts';
import { decide } from '../../src/commands/decide/execute.ts';
import type { ReportedDecision } from '../../src/domain/decision.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { NO_REPORT } from '../../src/domain/report.ts';
import type { ReportRepository } from '../../src/stages/report/report.ts';
import { NOW } from '../report/build.ts';
import { finding } from '../types/builders.ts';
import { reported } from './reported.ts';

export interface Given {
  readonly findings?: readonly Finding[];
  readonly decisions?: readonly ReportedDecision[];
  readonly text?: string;
  readonly cluster?: string;
}

/** Decides about the present file; returns the file, the commit's message and the output. */
export async function decided(
  what: Partial<DecideArguments> & Pick<DecideArguments, 'kind'>,
  { findings = [finding()], decisions = [], text = '', cluster = 'prod-eu' }: Given = {},
): Promise<{ readonly text: string; readonly message: string; readonly out: string; readonly err: string }> {
  const told = { text, message: '', out: '', err: '' };
  const repository: Pick<ReportRepository, 'previous' | 'publish'> = {
    previous: { ...NO_REPORT, findings: reported(...findings), decisions },
    publish: async (_files, message, edits = new Map()) => {
      const [edit = (same: string): string => same] = edits.values();
      const edited = edit(text);
      Object.assign(told, { text: edited, message });
      return { commit: edited === text ? '' : 'c'.repeat(40) };
    },
  };
  await decide({ finding: 'web', reason: 'r', until: '', space: '', unit: '', ...what }, repository, {
    cluster,
    now: NOW,
    out: (line) => {
      told.out += line;
    },
    err: (line) => {
      told.err += line;
    },
  });
  return told;
}

export async function failureOf(deciding: Promise<unknown>): Promise<unknown> {
  return deciding.then(
    () => new Error('nothing failed'),
    (error: unknown) => error,
  );
}
