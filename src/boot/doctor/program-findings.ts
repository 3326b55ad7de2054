/** Which boot programs there are, and which of those that lack some host cannot do without. */

import type { Isa, ProgramKind } from "../arch.ts";
import { isasOf, isForUefi } from "../generation.ts";
import type { Host, HostName } from "../host.ts";
import type { MissingProgram } from "../program/missing-programs.ts";
import { COMMON_KINDS } from "../program/program-kinds.ts";
import { generationFor } from "../rollout/choose-generation.ts";
import { findPiFile, piLayers } from "../rpi4/layers.ts";
import { isRaspberryPiMac } from "../rpi4/maker.ts";
import { BOOT_PROGRAM } from "../rpi4/places.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Facts } from "./facts.ts";
import { type Finding, ok } from "./finding.ts";

/** Pure. */
export function programFindings({
  programs: choice,
  snapshot,
}: Pick<Facts, "programs" | "snapshot">): Finding[] {
  const { programs, notices, missing } = choice;
  if (programs.length === 0) {
    const cure = notices.find(({ cure }) => cure !== undefined)?.cure ?? "put an iPXE into boot-media/ipxe/";
    return [{ code: "programs", level: "fault", text: "there is no boot program for any machine", cure }];
  }
  const kinds = [...new Set(programs.map(({ kind }) => kind))].join(", ");
  const without = missing.filter(({ kind }) => COMMON_KINDS.has(kind)).map(({ people }) => people);
  const none = without.length === 0 ? "" : `, and none for ${without.join(", ")}`;
  const needs = needsOf(snapshot, missing);
  const told = new Set(needs.flatMap(({ programs: needed }) => needed.map(({ text }) => text)));
  return [
    ok("programs", `there are boot programs for ${kinds}${none}`),
    ...needs.map(needFinding),
    ...notices
      .filter(({ level, text }) => level === "warn" && !told.has(text))
      .map(
        ({ text, cure }): Finding => ({
          code: "programs",
          level: "warning",
          text,
          ...(cure === undefined ? {} : { cure }),
        }),
      ),
  ];
}

interface Need {
  readonly hosts: readonly HostName[];
  /** Any of them would do, and all are missing. */
  readonly programs: readonly MissingProgram[];
}

/** One for all hosts that need the same. */
function needsOf(snapshot: Snapshot, missing: readonly MissingProgram[]): Need[] {
  const needs = new Map<string, Need>();
  for (const host of snapshot.hosts.values()) {
    const kinds = kindsFor(host, snapshot);
    const programs = missing.filter(({ kind }) => kinds.includes(kind));
    if (kinds.length === 0 || programs.length < kinds.length) continue;
    const key = kinds.join();
    needs.set(key, { programs, hosts: [...(needs.get(key)?.hosts ?? []), host.name] });
  }
  return [...needs.values()];
}

function needFinding({ hosts, programs }: Need): Finding {
  const who = hosts.length === 1 ? `host ${hosts.join()} needs` : `hosts ${hosts.join(", ")} need`;
  const people = programs.map((each) => each.people).join(" or ");
  return {
    code: "programs",
    level: "fault",
    text: `${who} a boot program for ${people}, and none was found`,
    cure: programs[0]?.cure ?? "",
  };
}

/** Firmware that starts 64-bit programs comes first: it is what x86 machines have. */
const KINDS_BY_ISA: Readonly<Record<Isa, readonly ProgramKind[]>> = {
  x86: ["bios-x86", "efi-x64"],
  arm32: ["efi-arm32"],
  arm64: ["efi-arm64"],
  riscv64: ["efi-riscv64"],
  loong64: ["efi-loong64"],
};

/** The kinds of which a host needs one; none where it may do without, or nothing tells. */
function kindsFor(host: Host, snapshot: Snapshot): readonly ProgramKind[] {
  const generation = generationFor(host, undefined, snapshot);
  if (isPi(host, snapshot)) {
    const layers = piLayers(host, generation, snapshot);
    const hasOwn = findPiFile(layers, BOOT_PROGRAM) !== undefined;
    return layers.boot === "native" || hasOwn ? [] : ["efi-arm64"];
  }
  if (generation === undefined || isForUefi(generation)) return [];
  return (isasOf(generation) ?? []).flatMap((isa) => KINDS_BY_ISA[isa]);
}

function isPi({ name, macs, rpi4 }: Host, { piTrees, seenPis }: Snapshot): boolean {
  const isOne = macs.some((mac) => isRaspberryPiMac(mac) || seenPis.byMac.has(mac));
  return rpi4 !== undefined || piTrees.own.has(name) || isOne;
}
