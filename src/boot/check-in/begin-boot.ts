/** How a boot that begins gets its name and its token, and how the token reaches what is booted. */

import { WireError } from "../../wire/error.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Notice } from "../event.ts";
import type { Generation } from "../generation.ts";
import type { Host } from "../host.ts";
import type { BootId } from "../session/session.ts";

/** Proves to us which boot it was given to, once: `[A-Za-z0-9_-]{64}`. Who can read it can check in with it. */
export type CheckInToken = string;

/** What boots what. */
export interface BeginningBoot {
  readonly mac: Mac;
  readonly host: Host;
  readonly generation: Generation;
}

export interface BegunBoot {
  readonly bootId: BootId;
  /** Absent where its host is not to report, or where a report could not be kept. */
  readonly checkIn?: CheckInToken;
  /** Its address does not tell which machine fetches its files: their URLs have to. */
  readonly isBehindOthers?: boolean;
}

/** Made by the shell, which has randomness, clock and secret. Each call begins another boot. */
export type BeginBoot = (boot: BeginningBoot) => BegunBoot;

/** The folder of the boot plane under which reports are taken. */
export const CHECK_IN_FOLDER = "checkin";

/** The kernel parameter that says where to report. Its dot keeps it out of the environment of init. */
const PARAMETER = "mayfly.checkin";

/** @param base - of the boot plane, as the machine reached it, without a slash at the end */
export function checkInUrl(base: string, token: CheckInToken): string {
  return `${base}/${CHECK_IN_FOLDER}/${token}`;
}

export interface Parameterised<Text> {
  readonly text: Text;
  /** Why what is booted is not told where to report. */
  readonly notice?: Notice;
}

/**
 * Writes something with the kernel parameter in it or, where there is no room for it, without: a machine
 * that cannot report is better than one that does not boot.
 *
 * @param write - gets `mayfly.checkin=URL`, or `undefined` to leave it out
 * @throws {@link WireError} what `write` throws without it too
 */
export function withCheckIn<Text>(
  begun: BegunBoot | undefined,
  base: string,
  { host }: Pick<BeginningBoot, "host">,
  write: (parameter: string | undefined) => Text,
): Parameterised<Text> {
  if (begun?.checkIn === undefined) return { text: write(undefined) };
  try {
    return { text: write(`${PARAMETER}=${checkInUrl(base, begun.checkIn)}`) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const text = write(undefined);
    return {
      text,
      notice: {
        level: "debug",
        text: `${host.name} is not told where to check in: with '${PARAMETER}' its kernel parameters are too long`,
        cure: `shorten its kernelParams, or say 'checkIn: false' for ${host.name}`,
      },
    };
  }
}
