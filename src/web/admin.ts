/** What the admin plane shows and steers, as far as it needs to know of the server. */

import type { Asker, Scope, Token } from "../boot/access/token.ts";
import type { HostName } from "../boot/host.ts";
import type { ApprovalVerdict } from "../boot/machine/approval.ts";
import type { SeenMachine } from "../boot/machine/seen.ts";
import type { Snapshot } from "../boot/snapshot.ts";
import type { Mac } from "../wire/net/mac.ts";
import type { EventHub } from "./events/event-hub.ts";
import type { Serving } from "./schema/status.ts";

/** The server, as its admin plane sees it. */
export interface Admin {
  snapshot(): Snapshot;
  readonly machines: {
    /** The last one seen first. */
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
  readonly events: EventHub;
  readonly access: AdminAccess;
  /** What is served where, and since when. */
  status(): Promise<Serving>;
  /** The folder of the dashboard's built files; it may not be there. */
  readonly pageFolder: string;
  /** Something was changed by somebody. */
  onChange(change: AdminChange): void;
  /** A mistake of ours, or a world that failed; the peer is told no more than that. */
  onError(error: unknown): void;
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
