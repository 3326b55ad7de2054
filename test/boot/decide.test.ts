import { describe, expect, test } from "vitest";
import type { BootClient, Stage } from "../../src/boot/client.ts";
import { type BootDecision, decide } from "../../src/boot/decide.ts";
import type { BootFile, Generation } from "../../src/boot/generation.ts";
import type { Host } from "../../src/boot/host.ts";
import { apply, type Change, EMPTY_SNAPSHOT, type Snapshot } from "../../src/boot/snapshot.ts";
import { BETA, DEFAULT_HOST } from "../support/worlds.ts";

const beta: Host = {
  ...BETA,
  macs: ["52:54:00:00:00:01"],
  uuids: ["00112233-4455-6677-8899-aabbccddeeff"],
  serials: ["SN1"],
};

function generation(id: string, isa?: "x86" | "arm64"): Generation {
  return {
    id,
    shape: "plain",
    path: `/images/${id}`,
    kernel: isa === undefined ? { file: "bzImage" } : { file: "bzImage", isa },
    initrds: ["initrd"],
    kernelParams: "",
    files: new Map(),
  };
}

const program = { name: "ipxe-x64.efi", kind: "efi-x64", path: "/x", sizeBytes: 1 } as const;
const world = (...changes: Change[]): Snapshot => apply(EMPTY_SNAPSHOT, changes);
const hasArmProgram: Change = {
  type: "programs",
  programs: [{ ...program, name: "ipxe-arm64.efi", kind: "efi-arm64" }],
};
const hasUki: Change = bootFileChange("u1", { type: "uki", file: "nixos.efi", isas: ["x86"], bios: false });
const isoFor = (facts: Pick<BootFile, "isas" | "bios">): Change =>
  bootFileChange("i1", { type: "iso", file: "nixos.iso", ...facts });
/** A disc that no UEFI starts, whose Linux iPXE does. */
const discWithKernel: Change = {
  type: "published",
  image: "beta",
  generation: {
    ...generation("k1", "x86"),
    shape: "iso",
    bootFile: { type: "iso", file: "nixos.iso", isas: [], bios: true },
  },
};
const knowsBeta: Change = { type: "hosts", hosts: [beta] };
const hasImage: Change = { type: "published", image: "beta", generation: generation("g1", "x86") };
const hasProgram: Change = { type: "programs", programs: [program] };

function bootFileChange(id: string, bootFile: BootFile): Change {
  const { kernel: _none, ...rest } = generation(id);
  return { type: "published", image: "beta", generation: { ...rest, shape: bootFile.type, bootFile } };
}

function client(stage: Stage, facts: Partial<BootClient> = {}): BootClient {
  return { mac: "52:54:00:00:00:01", stage, isa: "x86", program: "efi-x64", ...facts };
}

const row = (name: string, who: BootClient, where: Snapshot, what: string) =>
  [name, who, where, what] as const;

function brief(decision: BootDecision): string {
  switch (decision.type) {
    case "chain":
      return `chain ${decision.program.name} for ${decision.host?.name ?? "a stranger"}`;
    case "firmware":
      return `${decision.boot} boot files for ${decision.host?.name ?? "a stranger"}`;
    case "image":
      return `${decision.bootFile.file} of ${decision.generation.id} for ${decision.host.name}`;
    case "script":
      return `script ${decision.generation.id} for ${decision.host.name}`;
    case "refused":
      return `refused: ${decision.reason}`;
    case "stranger":
      return `stranger: ${decision.policy}`;
    case "silent":
      return decision.reason;
  }
}

describe("decide", () => {
  const ready = world(knowsBeta, hasImage, hasProgram);
  const stranger = { mac: "52:54:00:00:00:99" };
  test.each([
    row(
      "UEFI of a known machine is given its boot program",
      client("uefi"),
      ready,
      "chain ipxe-x64.efi for beta",
    ),
    row("HTTP Boot is given the same", client("http-boot"), ready, "chain ipxe-x64.efi for beta"),
    row("iPXE is given the script, never another boot program", client("ipxe"), ready, "script g1 for beta"),
    row("a stranger is left alone", client("uefi", stranger), ready, "unknown-host"),
    row(
      "a UUID stands in for an unknown MAC",
      client("ipxe", { ...stranger, uuid: "00112233-4455-6677-8899-aabbccddeeff" }),
      ready,
      "script g1 for beta",
    ),
    row(
      "so does a serial number",
      client("ipxe", { ...stranger, serial: "SN1" }),
      ready,
      "script g1 for beta",
    ),
    row(
      "a named machine without a complete image is brought to iPXE",
      client("uefi"),
      world(knowsBeta, hasProgram),
      "chain ipxe-x64.efi for beta",
    ),
    row("whose screen then says why", client("ipxe"), world(knowsBeta, hasProgram), "refused: no-generation"),
    row(
      "a machine that only the default covers is left alone when the default has no image",
      client("uefi", stranger),
      world({ type: "hosts", hosts: [DEFAULT_HOST], defaultHost: "default" }, hasProgram),
      "no-generation",
    ),
    row(
      "without a program for the firmware there is silence",
      client("uefi"),
      world(knowsBeta, hasImage),
      "no-program",
    ),
    row(
      "an unknown architecture gets no program",
      { mac: beta.macs[0] ?? "", stage: "uefi" },
      ready,
      "unknown-arch",
    ),
    row(
      "an arm64 machine is never given an x86 kernel",
      client("ipxe", { isa: "arm64" }),
      ready,
      "refused: wrong-isa",
    ),
    row(
      "and one that only the default covers is left alone",
      client("uefi", { ...stranger, isa: "arm64", program: "efi-arm64" }),
      world(
        { type: "hosts", hosts: [DEFAULT_HOST], defaultHost: "default" },
        { type: "published", image: "default", generation: generation("d1", "x86") },
        hasProgram,
      ),
      "wrong-isa",
    ),
    row(
      "HTTP Boot of a disc that only a BIOS starts goes by iPXE, where the disc has a kernel for that",
      client("http-boot"),
      world(knowsBeta, discWithKernel, hasProgram),
      "chain ipxe-x64.efi for beta",
    ),
    row(
      "which then gets the script",
      client("ipxe"),
      world(knowsBeta, discWithKernel, hasProgram),
      "script k1 for beta",
    ),
    row(
      "HTTP Boot of an image that is one file is given that file",
      client("http-boot"),
      world(knowsBeta, hasUki, hasProgram),
      "nixos.efi of u1 for beta",
    ),
    row(
      "PXE of the same machine is given its boot program, whose script boots the file",
      client("uefi"),
      world(knowsBeta, hasUki, hasProgram),
      "chain ipxe-x64.efi for beta",
    ),
    row(
      "a UKI for another processor is no boot file",
      client("http-boot", { isa: "arm64", program: "efi-arm64" }),
      world(knowsBeta, hasUki, hasArmProgram),
      "chain ipxe-arm64.efi for beta",
    ),
    row(
      "and its script says so",
      client("ipxe", { isa: "arm64" }),
      world(knowsBeta, hasUki),
      "refused: wrong-isa",
    ),
    row(
      "iPXE in a BIOS is told that it cannot start a UKI",
      client("ipxe", { program: "bios-x86" }),
      world(knowsBeta, hasUki),
      "refused: wrong-firmware",
    ),
    row(
      "iPXE in a BIOS starts a disc that has a boot loader for it",
      client("ipxe", { program: "bios-x86" }),
      world(knowsBeta, isoFor({ isas: [], bios: true })),
      "script i1 for beta",
    ),
    row(
      "UEFI is told that it cannot start a disc for a BIOS",
      client("ipxe"),
      world(knowsBeta, isoFor({ isas: [], bios: true })),
      "refused: wrong-firmware",
    ),
    row(
      "a disc for two processors boots both",
      client("http-boot", { isa: "arm64", program: "efi-arm64" }),
      world(knowsBeta, isoFor({ isas: ["arm64", "x86"], bios: true })),
      "nixos.iso of i1 for beta",
    ),
    row(
      "a disc that does not tell what it is for is tried",
      client("http-boot"),
      world(knowsBeta, isoFor({ bios: false })),
      "nixos.iso of i1 for beta",
    ),
    row("R1: a Pi's ROM is not taken for an x86 BIOS", client("pi-rom"), ready, "no-pi-firmware"),
    row(
      "with a default, a stranger boots it",
      client("ipxe", stranger),
      world(
        { type: "hosts", hosts: [beta, DEFAULT_HOST], defaultHost: "default" },
        { type: "published", image: "default", generation: generation("d1") },
      ),
      "script d1 for default",
    ),
  ])("%s", (_name, who, where, what) => {
    expect(brief(decide(who, where))).toBe(what);
  });
});

describe.each(["hold", "local"] as const)("decide where strangers are told '%s'", (strangers) => {
  const stranger = { mac: "52:54:00:00:00:99" };
  const there = world({ type: "hosts", hosts: [beta], strangers }, hasImage, hasProgram);
  test.each([
    row(
      "their firmware is brought to iPXE",
      client("uefi", stranger),
      there,
      "chain ipxe-x64.efi for a stranger",
    ),
    row("by HTTP Boot too", client("http-boot", stranger), there, "chain ipxe-x64.efi for a stranger"),
    row("where they are told so", client("ipxe", stranger), there, `stranger: ${strangers}`),
    row("a known machine boots as ever", client("ipxe"), there, "script g1 for beta"),
    row(
      "firmware for which there is no program is left alone",
      client("uefi", { ...stranger, program: "efi-arm64" }),
      there,
      "no-program",
    ),
    row(
      "the policy goes with the hosts that it came with",
      client("ipxe", stranger),
      apply(there, [knowsBeta]),
      "unknown-host",
    ),
  ])("%s", (_name, who, where, what) => {
    expect(brief(decide(who, where))).toBe(what);
  });
});

describe("apply", () => {
  test("a broken build leaves the last good one current and says why", () => {
    const next = apply(world(knowsBeta, hasImage), [{ type: "trouble", image: "beta", reason: "no initrd" }]);
    expect(next.images.get("beta")).toEqual({ name: "beta", current: "g1", trouble: "no initrd" });
  });

  test("a new build replaces the old one, which stays readable until it is dropped", () => {
    const swapped = apply(world(knowsBeta, hasImage), [
      { type: "published", image: "beta", generation: generation("g2") },
    ]);
    expect(swapped.images.get("beta")?.current).toBe("g2");
    expect([...swapped.generations.keys()]).toEqual(["g1", "g2"]);
    expect([...apply(swapped, [{ type: "dropped", generations: ["g1"] }]).generations.keys()]).toEqual([
      "g2",
    ]);
  });

  test("the old snapshot is never changed", () => {
    const before = world(knowsBeta, hasImage);
    apply(before, [
      { type: "withdrawn", image: "beta" },
      { type: "dropped", generations: ["g1"] },
      { type: "hosts", hosts: [] },
    ]);
    expect(brief(decide(client("ipxe"), before))).toBe("script g1 for beta");
  });

  test("a default that is taken away is gone", () => {
    const withDefault = world({ type: "hosts", hosts: [DEFAULT_HOST], defaultHost: "default" });
    expect(apply(withDefault, [{ type: "hosts", hosts: [DEFAULT_HOST] }]).defaultHost).toBeUndefined();
  });
});
