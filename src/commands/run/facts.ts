import type { Config } from '../../cli/config.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import { VERSION } from '../../cli/version.ts';
import type { Report } from '../../domain/report.ts';
import { type OutputOptions, printReport } from '../../outputs/output.ts';
import { numbersOf } from '../../outputs/status/record.ts';
import { screenOf } from '../../outputs/terminal/screen.ts';
import type { Judgement } from '../../pass/judgement.ts';
import type { PassLog } from '../../pass/log.ts';
import { linksOf } from '../../pass/options.ts';

/** What a pass of this process is made with. */
export interface Facts {
  readonly pass: string;
  readonly config: Config;
  readonly process: ProcessFacts;
  readonly signal: AbortSignal;
  readonly deadline: AbortSignal;
  readonly passLog: PassLog;
}

export function outputOptions(config: Config, process: ProcessFacts, { comparison }: Judgement): OutputOptions {
  const { output: form, reportPath: root } = config;
  return { form, screen: screenOf(process), version: VERSION, root, links: linksOf(config), compared: comparison.compared };
}

/** What `check` prints: what differs, and below a table how many objects are what. */
export function printCheck(report: Report, config: Config, process: ProcessFacts, judgement: Judgement): string {
  const { workloads: counts } = numbersOf({ ...judgement, outcomes: [], report });
  return printReport(report, { ...outputOptions(config, process, judgement), counts });
}
