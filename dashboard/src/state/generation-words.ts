/** Generations in words: what is said of one, how its boots went, what a mark means. Pure. */

import type { GenerationDiffView, GenerationView } from "../../../src/web/schema/generations.ts";
import { bytesText, shortId } from "./words.ts";

/** What tells a generation in a sentence. */
export type NamedGeneration = Pick<GenerationView, "number" | "nixos" | "kernel">;

/** As in `NixOS 26.05.20260101.abcdef, Linux 6.12.41`; empty where neither is known. */
export function systemText({ nixos, kernel }: Pick<GenerationView, "nixos" | "kernel">): string {
  return [nixos && `NixOS ${nixos}`, kernel && `Linux ${kernel}`].filter(Boolean).join(", ");
}

/** As in a sentence: `generation 12 (NixOS 26.05.20260101.abcdef, Linux 6.12.41)`. */
export function generationText({ number, ...rest }: NamedGeneration): string {
  const versions = systemText(rest);
  return versions === "" ? `generation ${number}` : `generation ${number} (${versions})`;
}

export function bootsText({ checkedIn, handedOver, failed }: GenerationView["boots"]): string {
  const parts = [
    checkedIn === 0 ? undefined : `${checkedIn} up`,
    handedOver === 0 ? undefined : `${handedOver} handed over`,
    failed === 0 ? undefined : `${failed} failed`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? "not booted yet" : parts.join(", ");
}

type BadReason = NonNullable<GenerationView["bad"]>;

const BAD: Readonly<Record<BadReason, string>> = {
  "no-check-in": "a machine did not say in time that it is up",
  "boot-loop": "a machine began to boot it again and again",
  unwell: "a machine came up with new faults",
  stopped: "another generation of its rollout was bad",
  "rolled-back": "it was rolled back",
};

export function badText(reason: string): string {
  const words: Readonly<Record<string, string | undefined>> = BAD;
  return words[reason] ?? reason;
}

/** What a mark says, and how it is meant. */
export interface Mark {
  readonly tone: "good" | "bad" | "warn" | "busy" | "calm";
  readonly text: string;
  /** More of it, for who wants to know. */
  readonly about?: string;
}

/** The most weighty one first. */
export function marksOf(generation: GenerationView): readonly Mark[] {
  const { isCurrent, isCandidate, isPinned, isProven, isKept, bad } = generation;
  const marks: (Mark | undefined)[] = [
    bad === undefined ? undefined : { tone: "bad", text: "Bad", about: badText(bad) },
    isCurrent ? { tone: "good", text: "Current", about: "a boot that starts now gets it" } : undefined,
    isCandidate
      ? { tone: "busy", text: "Candidate", about: "newer than what everybody gets, and on its way" }
      : undefined,
    isPinned ? { tone: "warn", text: "Pinned", about: "given whatever is published" } : undefined,
    isProven && bad === undefined ? { tone: "good", text: "Good", about: "it has come up" } : undefined,
    isKept
      ? undefined
      : { tone: "calm", text: "Only remembered", about: "its files are gone: it cannot be booted" },
  ];
  return marks.filter((mark) => mark !== undefined);
}

/** More or less by how much: `+12.0 MiB`, `−3.4 KiB`. */
export function deltaText(bytes: number): string {
  return bytes === 0 ? "" : `${bytes > 0 ? "+" : "−"}${bytesText(Math.abs(bytes))}`;
}

/** The same in a sentence: `1.2 MiB larger`. */
export function growthText(bytes: number): string {
  if (bytes === 0) return "as large as before";
  return `${bytesText(Math.abs(bytes))} ${bytes > 0 ? "larger" : "smaller"}`;
}

/** A day and a time where there is little room. */
export function shortMomentText(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
}

type Package = NonNullable<GenerationDiffView["packages"]>[number];

/** A package's versions on both sides: `6.12.41 → 6.12.58`; of one that only came or went, its own. */
export function versionsText({ before, after }: Pick<Package, "before" | "after">): string {
  const [old, young] = [before.join(", "), after.join(", ")];
  return [old, young].filter((each) => each !== "").join(" → ");
}

const VALUES: Readonly<Record<GenerationDiffView["values"][number]["what"], string>> = {
  kernel: "Linux",
  nixos: "NixOS",
  label: "Label",
  init: "init",
  shape: "Layout",
  arch: "Processors",
};

/** A value that is another one now: what it is called, and both sides. */
export function valueRow({ what, before = "none", after = "none" }: GenerationDiffView["values"][number]): {
  readonly name: string;
  readonly before: string;
  readonly after: string;
} {
  const short = (text: string) => (what === "init" ? text.replace(/^\/nix\/store\//, "") : text);
  return { name: VALUES[what], before: short(before), after: short(after) };
}

/** The name of a generation that may have no number here: by number where it is known, else by its id. */
export function namedById(id: string, known: readonly GenerationView[]): string {
  const found = known.find((each) => each.id === id);
  return found === undefined ? shortId(id) : generationText(found);
}
