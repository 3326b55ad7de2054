/** What the admin plane shows and steers, as far as it needs to know of the server. */

import type { Build, BuildReason, BuildTarget, BuildVerdict } from "../boot/build/build.ts";
import type { TransferUnderWay } from "../boot/event.ts";
import type { GenerationId } from "../boot/generation.ts";
import type { GenerationBoots } from "../boot/history/boots.ts";
import type { Closure } from "../boot/history/closure.ts";
import type { GenerationRecord } from "../boot/history/record.ts";
import type { ServicesAnswer } from "../boot/history/service.ts";
import type { HostName, ImageName } from "../boot/host.ts";
import type { ApprovalVerdict } from "../boot/machine/approval.ts";
import type { SeenMachine } from "../boot/machine/seen.ts";
import type { Session, SessionId } from "../boot/session/session.ts";
import type { SessionFilter } from "../boot/session/session-filter.ts";
import type { Snapshot } from "../boot/snapshot.ts";
import type { Mac } from "../wire/net/mac.ts";
import type { EventHub } from "./events/event-hub.ts";

/** The server, as its admin plane sees it. */
export interface Admin {
  snapshot(): Snapshot;
  readonly machines: {
    /** The last one seen first. */
    list(): Promise<readonly SeenMachine[]>;
    get(mac: Mac): Promise<SeenMachine | undefined>;
    forget(mac: Mac): Promise<boolean>;
  };
  readonly approvals: {
    /** Which host each approved machine is. */
    hostOf(mac: Mac): HostName | undefined;
    approve(mac: Mac, host: HostName): Promise<ApprovalVerdict>;
    unapprove(mac: Mac): Promise<HostName | undefined>;
    /** What the configuration would have to say for the approvals to be needless, as YAML. */
    exported(): Promise<string>;
  };
  readonly sessions: {
    /** The last one first; at the most `limit`. */
    list(filter: SessionFilter, limit: number): Promise<readonly Session[]>;
    get(id: SessionId): Promise<Session | undefined>;
    /** What is being sent now, to whomever. */
    transfers(): readonly TransferUnderWay[];
  };
  readonly events: EventHub;
  readonly generations: GenerationsAdmin;
  readonly builds: {
    /** The hosts that have a flake. */
    targets(): readonly BuildTarget[];
    /** When the clock has a host built next, in milliseconds since the epoch. */
    nextMs(host: HostName): number | undefined;
    /** The last build of each host. */
    latest(): Promise<ReadonlyMap<HostName, Build>>;
    /** The last one first. */
    lastBuilds(host: HostName, limit?: number): Promise<readonly Build[]>;
    want(host: HostName, reason: BuildReason): Promise<BuildVerdict>;
    /** Gives the builds that are called off. */
    cancel(host: HostName): readonly Build[];
    /** What forges sign their hooks by; `undefined`: there are no hooks. */
    hookSecret(): Promise<string | undefined>;
  };
  /** A mistake of ours, or a world that failed; the peer is told no more than that. */
  onError(error: unknown): void;
}

/** What is remembered of generations. */
export interface GenerationsAdmin {
  /** The highest numbers first. */
  page(
    image: ImageName,
    page: { readonly below?: number; readonly limit: number },
  ): Promise<readonly GenerationRecord[]>;
  byNumber(image: ImageName, number: number): Promise<GenerationRecord | undefined>;
  find(image: ImageName, id: GenerationId): Promise<GenerationRecord | undefined>;
  /** Those that were published last, the latest one first. */
  recent(image: ImageName, depth: number): Promise<readonly GenerationRecord[]>;
  /** Every image that ever had a generation, with its highest number. */
  images(): Promise<ReadonlyMap<ImageName, number>>;
  boots(image: ImageName, number: number): Promise<GenerationBoots>;
  /** What it consists of, where that was found out or can be now. */
  closureOf(record: GenerationRecord): Promise<Closure | undefined>;
  /** What runs in it, or why that is not known. */
  services(record: GenerationRecord, host: HostName): Promise<ServicesAnswer>;
}
