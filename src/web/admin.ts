/** What the admin plane shows and steers, as far as it needs to know of the server. */

import type { Asker, Scope, Token } from "../boot/access/token.ts";
import type { Build, BuildReason, BuildTarget, BuildVerdict } from "../boot/build/build.ts";
import type { CaptureWish } from "../boot/capture/capture-wish.ts";
import type { Diagnosis } from "../boot/diagnosis/diagnosis.ts";
import type { TransferUnderWay } from "../boot/event.ts";
import type { Generation, GenerationId } from "../boot/generation.ts";
import type { GenerationBoots } from "../boot/history/boots.ts";
import type { Closure } from "../boot/history/closure.ts";
import type { GenerationRecord } from "../boot/history/record.ts";
import type { ServicesAnswer } from "../boot/history/service.ts";
import type { HostName, ImageName } from "../boot/host.ts";
import type { ApprovalVerdict } from "../boot/machine/approval.ts";
import type { SeenMachine } from "../boot/machine/seen.ts";
import type { MetricFamily } from "../boot/metrics/metric-table.ts";
import type { Target } from "../boot/notify/target.ts";
import type { CommandVerdict, RolloutCommand } from "../boot/rollout/rollout-event.ts";
import type { LastBoot } from "../boot/session/last-boot.ts";
import type { Session, SessionId } from "../boot/session/session.ts";
import type { SessionFilter } from "../boot/session/session-filter.ts";
import type { Snapshot } from "../boot/snapshot.ts";
import type { Mac } from "../wire/net/mac.ts";
import type { EventHub } from "./events/event-hub.ts";
import type { ByteOutlet } from "./route.ts";
import type { Serving } from "./schema/status.ts";

/** The server, as its admin plane sees it. */
export interface Admin {
  snapshot(): Snapshot;
  readonly machines: {
    /** The last one seen first; of two within a millisecond by their addresses. */
    list(): Promise<readonly SeenMachine[]>;
    get(mac: Mac): Promise<SeenMachine | undefined>;
    forget(mac: Mac): Promise<boolean>;
    /**
     * Sends a magic packet.
     *
     * @param on - the interface that the machine is on; absent, or not served now: to all that are
     * @returns the names of the interfaces that it left by
     */
    wake(mac: Mac, on: string | undefined): Promise<readonly string[]>;
  };
  readonly approvals: {
    /** Which host each approved machine is. */
    hostOf(mac: Mac): HostName | undefined;
    approve(mac: Mac, host: HostName, by: Asker): Promise<ApprovalVerdict>;
    unapprove(mac: Mac, by: Asker): Promise<HostName | undefined>;
    /** What the configuration would have to say for the approvals to be needless, as YAML. */
    exported(): Promise<string>;
  };
  readonly sessions: {
    /** The last one first; at the most `limit`. */
    list(filter: SessionFilter, limit: number): Promise<readonly Session[]>;
    get(id: SessionId): Promise<Session | undefined>;
    /** What is wrong with it, the most particular first. */
    diagnose(session: Session): Promise<readonly Diagnosis[]>;
    /** How each of these hosts that has ever booted did so last. */
    lastOf(hosts: readonly HostName[]): Promise<ReadonlyMap<HostName, LastBoot>>;
    /** What is being sent now, to whomever. */
    transfers(): readonly TransferUnderWay[];
  };
  readonly events: EventHub;
  /** Records what a machine and we say to each other. @returns what ends it; `undefined` while too many record */
  record(wish: CaptureWish, outlet: ByteOutlet): (() => void) | undefined;
  readonly metrics: {
    /** Everything that is counted, as it is now. */
    families(): Promise<readonly MetricFamily[]>;
  };
  readonly access: AdminAccess;
  /** What is served where, and since when. */
  status(): Promise<Serving>;
  /** The folder of the dashboard's built files; it may not be there. */
  readonly pageFolder: string;
  /** Something was changed by somebody. */
  onChange(change: AdminChange): void;
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
  readonly notifications: {
    /** Who is told of what happens, and how that goes. */
    list(): readonly NotifyState[];
    /** Sends a test message to all of them, or to the one of this name. */
    test(name: string | undefined): Promise<readonly NotifyTest[]>;
  };
  readonly rollouts: {
    /** Resolves when it counts and is on the disk, or was refused. */
    command(command: RolloutCommand): Promise<CommandVerdict>;
  };
  /** A mistake of ours, or a world that failed; the peer is told no more than that. */
  onError(error: unknown): void;
}

/** One who is told of what happens. */
export interface NotifyState {
  readonly target: Target;
  /** Messages that have not arrived. */
  readonly waiting: number;
  /** The last attempt since the start. */
  readonly last?: { readonly atMs: number; readonly isDelivered: boolean; readonly said: string };
}

/** What came back of a test message. */
export interface NotifyTest {
  readonly target: Target;
  readonly isDelivered: boolean;
  /** In words. */
  readonly said: string;
  readonly durationMs: number;
}

/** Who may ask. */
export interface AdminAccess {
  /** What the server is called by those who ask from elsewhere, in lower case. */
  readonly names: readonly string[];
  /** Whether the server's own machine needs a token too. */
  readonly always: boolean;
  list(): readonly Token[];
  /** @returns the token's text; `undefined` when there is one of that name */
  create(name: string, scope: Scope, days: number | undefined): Promise<string | undefined>;
  revoke(name: string): Promise<boolean>;
  /** The token with this text, if it counts. */
  find(text: string): Token | undefined;
  /** The token that a browser has logged in with, if it counts. */
  findLogin(secret: string): Token | undefined;
  /** @returns what the browser is to show from now on */
  logIn(token: Token): Promise<string>;
  logOut(secret: string): Promise<void>;
}

/** A request that changed something. */
export interface AdminChange {
  readonly by: Asker;
  readonly method: string;
  readonly path: string;
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
  /** Which NixOS it is, where that is known. */
  nixosOf(generation: Generation): string | undefined;
}
