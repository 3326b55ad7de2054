/**
 * Which boot program of its kind a machine gets: what the operator wishes, what was learnt, else the best.
 *
 * @see quirk I12: iPXE's own drivers hang on some cards, and the firmware's driver on others
 */

import type { Mac } from "../../wire/net/mac.ts";
import type { ProgramKind } from "../arch.ts";
import type { Host } from "../host.ts";
import type { Snapshot } from "../snapshot.ts";
import { type PciId, ruleFor } from "./nic.ts";
import type { BootProgram, ProgramDriver } from "./program.ts";

/** `firmware-driver`, `native-driver`, or the name of a file among the boot programs. */
export type ProgramWish = string;

/** What is known of a machine from before. */
export interface Remembered {
  /** The served name of the program to give it: the one that worked, or the next one to try. */
  readonly program?: string;
  readonly pci?: PciId;
}

/** A program and why it is this one. */
export interface ProgramPick {
  readonly program: BootProgram;
  /** Who chose it; absent: it is the best of its kind. */
  readonly by?: "host" | "nic" | "memory";
  /** What was configured and is not there, so that another one had to do. */
  readonly missing?: ProgramWish;
  /** What can be tried where this one dies; only where nobody has chosen. */
  readonly other?: BootProgram;
}

/** Who asks for a program. */
export interface ProgramQuestion {
  readonly kind: ProgramKind;
  readonly mac: Mac;
  /** Absent for a machine that no host names. */
  readonly host?: Pick<Host, "bootProgram">;
  readonly remembered: Remembered;
}

/**
 * Picks the boot program of a machine.
 *
 * A wish for a program that is not there does not keep the machine from booting; the pick says so.
 *
 * @returns `undefined` if there is none of its kind
 */
export function pickProgram(
  { kind, mac, host, remembered }: ProgramQuestion,
  snapshot: Snapshot,
): ProgramPick | undefined {
  const all = programsOf(kind, snapshot);
  const [best] = all;
  if (best === undefined) return undefined;
  const { pci } = remembered;
  const rule = ruleFor({ mac, ...(pci === undefined ? {} : { pci }) }, snapshot.nics);
  const by = host?.bootProgram === undefined ? "nic" : "host";
  const wish = host?.bootProgram ?? rule?.program;
  if (wish !== undefined) {
    const program = all.find((each) => isWished(each, wish));
    return program === undefined ? { program: best, missing: wish } : { program, by };
  }
  const known = all.find((each) => each.name === remembered.program && each !== best);
  const program = known ?? best;
  const other = all.find((each) => each !== program && each.driver !== program.driver);
  return {
    program,
    ...(known === undefined ? {} : { by: "memory" }),
    ...(other === undefined ? {} : { other }),
  };
}

/** All programs that firmware of this kind can start, the best one first. */
function programsOf(kind: ProgramKind, { programs, otherPrograms }: Snapshot): readonly BootProgram[] {
  const best = programs.get(kind);
  return best === undefined ? [] : [best, ...otherPrograms.filter((each) => each.kind === kind)];
}

const DRIVER_BY_WISH: ReadonlyMap<ProgramWish, ProgramDriver> = new Map([
  ["firmware-driver", "firmware"],
  ["native-driver", "native"],
]);

function isWished({ name, path, driver }: BootProgram, wish: ProgramWish): boolean {
  const wanted = DRIVER_BY_WISH.get(wish);
  if (wanted !== undefined) return driver === wanted;
  return name === wish || path.slice(path.lastIndexOf("/") + 1) === wish;
}

/** Whether the text can name a file of boot-media/ipxe, or is one of the two words. */
export function isProgramWish(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text);
}
