import type { HubRead, HubReader } from '../hub.ts';
import type { DashboardState, LastPass } from '../state.ts';
import type { Html } from '../view/html.ts';

/** What the dashboard is told at its start. */
export interface Settings {
  /** Its own cluster, whose Lease it reads. */
  readonly cluster: string;
  readonly autoFix: boolean;
  /** A last pass that is older is overdue. */
  readonly overdueSeconds: number;
  readonly version: string;
}

/** All that a page is made of. */
export interface View {
  readonly state: DashboardState;
  /** `undefined` where the Lease tells nothing. */
  readonly lastPass: LastPass | undefined;
  /** Why reports or Lease could not be read the last time, a sentence each; the pages show what was read before. */
  readonly problems: readonly string[];
  readonly query: URLSearchParams;
  readonly now: Date;
  readonly settings: Settings;
  /** What the page asked ConfigHub for. */
  readonly hub?: HubRead;
}

/** A page at a path, and the same as data. */
export interface Page {
  readonly path: string;
  readonly title: string;
  /** Path of the page that leads to it: the navigation has that one instead. */
  readonly below?: string;
  /** What is asked of ConfigHub for it; never rejects for what ConfigHub does. */
  readonly read?: (hub: HubReader, query: URLSearchParams) => Promise<HubRead>;
  readonly body: (view: View) => Html;
  /** For `Accept: application/json`; findings, fixes and the rest have the report's own schema. */
  readonly data: (view: View) => object;
}
