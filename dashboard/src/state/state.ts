/** What the dashboard knows of the server: one immutable value that everything on the page is drawn from. */

import type { HostView } from "../../../src/web/schema/hosts.ts";
import type { DiagnosisView, SessionRow, StepView } from "../../../src/web/schema/sessions.ts";
import type { ServerStatus } from "../../../src/web/schema/status.ts";

export type Scope = ServerStatus["you"]["scope"];

/** How the stream of events is. */
export type Connection = "connecting" | "live" | "lost";

/** How much of a file there was when. */
export interface Count {
  readonly path: string;
  readonly sentBytes: number;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** A boot as it is now. */
export interface Boot extends SessionRow {
  /** Every stage, of those that an event has told of. */
  readonly steps?: readonly StepView[];
  /** Of the file that is being fetched; absent until two measurements are there. */
  readonly bytesPerSecond?: number;
  /** What the rate is measured from: how much there was when. */
  readonly counted?: Count;
  /** What is wrong with it, as far as an event has told of the boot since the page was opened. */
  readonly diagnosis?: Pick<DiagnosisView, "code" | "what">;
}

export interface State {
  readonly connection: Connection;
  /** Absent until the server has answered for the first time. */
  readonly status?: ServerStatus;
  /** By name; absent until they were loaded. */
  readonly hosts?: ReadonlyMap<string, HostView>;
  /** By id: those under way, and those of which something was heard lately. */
  readonly boots: ReadonlyMap<string, Boot>;
  /** The boot under way of each machine. */
  readonly underWay: ReadonlyMap<string, string>;
  /** Hosts of which what they get may have changed: to be loaded anew. */
  readonly stale: ReadonlySet<string>;
  /** All of them are. */
  readonly isAllStale: boolean;
  /** How often everything was loaded: what a page has asked for by itself may have missed events then. */
  readonly loads: number;
  /** How often the connection came back: what could not be asked for meanwhile is asked for again. */
  readonly resumptions: number;
  /** By how many milliseconds the clock of who looks is ahead of the server's, whose times all others are. */
  readonly aheadMs: number;
  /** Counts what may have changed approvals or machines: lists that show them load anew when it moves. */
  readonly machinesVersion: number;
  /** The same for generations, rollouts and builds. */
  readonly generationsVersion: number;
}

export const EMPTY: State = {
  connection: "connecting",
  boots: new Map(),
  underWay: new Map(),
  stale: new Set(),
  isAllStale: false,
  loads: 0,
  resumptions: 0,
  aheadMs: 0,
  machinesVersion: 0,
  generationsVersion: 0,
};

/** What was asked for when the page was opened, or after events were lost. */
export interface Loaded {
  readonly status: ServerStatus;
  readonly hosts: readonly HostView[];
  /** Those under way. */
  readonly boots: readonly SessionRow[];
}
