/** The noun `host`: a machine that the operator has named. */

import type { Mac } from "../wire/net/mac.ts";
import type { ProgramWish } from "./program/program-wish.ts";
import type { RolloutPolicy } from "./rollout/policy.ts";
import type { PiWishes } from "./rpi4/pi-tree.ts";

/** As in the media folder and the configuration: `[A-Za-z0-9][A-Za-z0-9._-]*`. */
export type HostName = string;

/** An image's name: that of its entry in `boot-media/hosts`, or the host's own where `image:` names a path. */
export type ImageName = string;

/** What iPXE does when a boot has failed for good: the firmware's next boot option, or a shell on the screen. */
export type FailureAction = "next" | "shell";

/**
 * What becomes of a machine that nothing matches.
 *
 * - `ignore`: nothing is sent to it
 * - `hold`: it is brought to iPXE, which says how to approve it, and waits
 * - `default`: it boots as the default host
 * - `local`: it is brought to iPXE, which goes on with the next boot option
 */
export type UnknownPolicy = "ignore" | "hold" | "default" | "local";

/** As in the configuration: spelt like a host's, and no host's. */
export type GroupName = string;

export interface Host {
  readonly name: HostName;
  readonly macs: readonly Mac[];
  /** Lower case with hyphens, as in {@link import("./client.ts").BootClient.uuid}. */
  readonly uuids: readonly string[];
  readonly serials: readonly string[];
  readonly image: ImageName;
  /** Appended to the generation's own, after them: the kernel lets the last one win. One string, unchanged. */
  readonly kernelParams: string;
  readonly onFailure: FailureAction;
  /** `false`: what it boots is not told where to report that it is up. */
  readonly checkIn?: boolean;
  /** Which boot program its machines get: `firmware-driver`, `native-driver`, or a file's name. */
  readonly bootProgram?: ProgramWish;
  /** How fast images are sent to it, in bytes per second; absent: as fast as it takes them (I11). */
  readonly maxBytesPerSecond?: number;
  /** Where its machine is a Raspberry Pi. */
  readonly rpi4?: PiWishes;
  /** The hosts that new generations are rolled out to together with it. */
  readonly group?: GroupName;
  /** Absent: its next boot gets the new one. */
  readonly rollout?: RolloutPolicy;
}
