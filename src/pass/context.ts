import type { Clients } from '../clients/clients.ts';
import type { ReportRepository } from '../stages/report/report.ts';
import type { PassOptions } from './judgement.ts';
import type { PassLog } from './log.ts';

/** What a pass works with: the world, where it reports, how, and whom it tells. */
export interface Pass {
  readonly clients: Clients;
  readonly repository: ReportRepository;
  readonly options: PassOptions;
  readonly log: PassLog;
}
