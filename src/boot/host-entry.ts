/** The noun `host entry`: a host as it is configured. */

import type { Mac } from "../wire/net/mac.ts";
import type { FailureAction, GroupName, HostName } from "./host.ts";
import type { ProgramWish } from "./program/program-wish.ts";
import type { RolloutPolicy } from "./rollout/policy.ts";
import type { PiWishes } from "./rpi4/pi-tree.ts";

/** A host as the configuration gives it; what it leaves out is absent. */
export interface HostEntry {
  readonly name: HostName;
  readonly macs: readonly Mac[];
  readonly uuids: readonly string[];
  readonly serials: readonly string[];
  /** An absolute path; absent: the entry of the host's name in the media folder. */
  readonly image?: string;
  readonly kernelParams?: string;
  readonly onFailure?: FailureAction;
  readonly checkIn?: boolean;
  readonly bootProgram?: ProgramWish;
  readonly maxBytesPerSecond?: number;
  readonly rpi4?: PiWishes;
  /** What nix builds its image from, with the attribute: `github:owner/repo#beta`. */
  readonly flake?: string;
  readonly group?: GroupName;
  readonly rollout?: RolloutPolicy;
}
