/** What the admin plane shows and steers, as far as it needs to know of the server. */

import type { HostName } from "../boot/host.ts";
import type { ApprovalVerdict } from "../boot/machine/approval.ts";
import type { SeenMachine } from "../boot/machine/seen.ts";
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
  readonly events: EventHub;
  /** A mistake of ours, or a world that failed; the peer is told no more than that. */
  onError(error: unknown): void;
}
