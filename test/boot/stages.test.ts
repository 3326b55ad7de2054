import { describe, expect, test } from "vitest";
import type { BootClient } from "../../src/boot/client.ts";
import type { BootDecision } from "../../src/boot/decide.ts";
import type { BootEvent, TransferResult } from "../../src/boot/event.ts";
import type { Generation } from "../../src/boot/generation.ts";
import type { BootProgram } from "../../src/boot/program/program.ts";
import { explainStop, summarise } from "../../src/boot/stage-words.ts";
import {
  type BootWatch,
  type Sighting,
  startWatch,
  type WatchLine,
  watchStep,
} from "../../src/boot/stages.ts";
import { DEFAULT_HOST as host } from "../support/worlds.ts";

const MAC = "52:54:00:77:00:01";
const PEER = { address: "10.77.0.101", port: 2000, self: "10.77.0.2", mtu: 1500 };

const generation: Generation = {
  id: "0a1b-demo",
  shape: "homestakeros",
  path: "/tmp/demo",
  kernel: { file: "bzImage", isa: "x86" },
  initrds: ["initrd.zst"],
  kernelParams: "console=ttyS0",
  files: new Map(),
};
const program: BootProgram = { name: "ipxe-x64.efi", kind: "efi-x64", path: "/x", sizeBytes: 1_000_000 };
const uefi: BootClient = { mac: MAC, stage: "uefi", isa: "x86", program: "efi-x64", arch: 7 };
const ipxe: BootClient = { mac: MAC, stage: "ipxe", isa: "x86", arch: 7 };
const chain: BootDecision = { type: "chain", host, program };
const script: BootDecision = { type: "script", host, generation };

function dhcp(client: BootClient, decision: BootDecision, port: 67 | 4011, answered = true): BootEvent {
  const reply = port === 67 ? ("OFFER" as const) : ("ACK" as const);
  const request = port === 67 ? "DISCOVER" : "REQUEST";
  const base = { type: "dhcp" as const, interface: "eth0", port, request, client, decision };
  return answered ? { ...base, reply } : base;
}

function transfer(
  via: "tftp" | "http",
  path: string,
  sizeBytes: number,
  result: TransferResult = "complete",
): BootEvent[] {
  const facts = { via, peer: PEER, path, sizeBytes };
  const sentBytes = result === "complete" ? sizeBytes : 0;
  return [
    { type: "transfer-started", ...facts },
    { type: "transfer-ended", ...facts, result, sentBytes, durationMs: 500 },
  ];
}

/** What a boot of an OVMF machine records, in its order. */
const OVMF_BOOT: readonly BootEvent[] = [
  dhcp(uefi, chain, 67),
  dhcp(uefi, chain, 67),
  dhcp(uefi, chain, 4011),
  ...transfer("tftp", "ipxe-x64.efi", 1_000_000, "probed"),
  ...transfer("tftp", "ipxe-x64.efi", 1_000_000),
  {
    type: "refused",
    via: "tftp",
    peer: PEER,
    path: "autoexec.ipxe",
    reason: "no such file",
    expected: true,
  },
  dhcp(ipxe, script, 67),
  { type: "script", peer: PEER, client: ipxe, decision: script },
  ...transfer("http", "media/0a1b-demo/bzImage", 14_000_000),
  ...transfer("http", "media/0a1b-demo/initrd.zst", 1_200_000),
];

function follow(
  sightings: readonly Sighting[],
  from = startWatch(0),
): { watch: BootWatch; lines: readonly WatchLine[] } {
  let watch = from;
  const lines: WatchLine[] = [];
  sightings.forEach((sighting, index) => {
    const [next, more] = watchStep(watch, sighting, 1000 * (index + 1));
    watch = next;
    lines.push(...more);
  });
  return { watch, lines };
}

function events(list: readonly BootEvent[]): Sighting[] {
  return list.map((event) => ({ type: "event", event }));
}

const SAID: readonly Sighting[] = [
  { type: "said", line: "[    0.000000] Linux version 6.1.0-50-cloud-amd64 (debian-kernel@x)" },
  { type: "said", line: "mayfly-lab: runs demo" },
];

describe("watchStep", () => {
  test("tells a whole UEFI boot in the order of its stages, each thing once", () => {
    const { watch, lines } = follow([...events(OVMF_BOOT), ...SAID]);
    expect(lines.map(({ label, text }) => `${label}: ${text}`)).toEqual([
      "DHCP: x64 UEFI asks (DISCOVER): offered ipxe-x64.efi",
      "DHCP: x64 UEFI asks on port 4011 (REQUEST): told ipxe-x64.efi",
      "program: ipxe-x64.efi, 977 KiB by TFTP in 500 ms, 1.9 MiB/s",
      "DHCP: iPXE asks (DISCOVER): offered the address of its script",
      "script: host default, generation 0a1b-demo (homestakeros)",
      "kernel: bzImage, 13.4 MiB by HTTP in 500 ms, 26.7 MiB/s",
      "initrd: initrd.zst, 1.1 MiB by HTTP in 500 ms, 2.3 MiB/s",
      "Linux: Linux version 6.1.0-50-cloud-amd64",
      "system: runs demo",
    ]);
    expect(watch.reached.map(({ stage }) => stage)).toEqual([
      "firmware",
      "program",
      "ipxe",
      "files",
      "kernel",
      "linux",
      "system",
    ]);
  });

  test("the times of the stages add up to the whole boot", () => {
    const sightings = [...events(OVMF_BOOT), ...SAID];
    const { watch } = follow(sightings);
    expect(watch.reached.map(({ atMs }) => atMs)).toEqual(
      [...watch.reached.map(({ atMs }) => atMs)].sort((a, b) => a - b),
    );
    expect(summarise(watch, 1000 * (sightings.length + 1)).map(({ label }) => label)).toEqual([
      "1.0 s",
      "8.0 s",
      "1.0 s",
      "4.0 s",
      "1.0 s",
      "1.0 s",
      "1.0 s",
    ]);
  });

  test("T1: a size probe that breaks off is no news", () => {
    const { lines } = follow(events(transfer("tftp", "ipxe-x64.efi", 1_000_000, "probed")));
    expect(lines).toEqual([]);
  });

  test("an iPXE in the network card leaves the boot program out", () => {
    const { watch } = follow(events([dhcp(ipxe, script, 67)]));
    expect(watch.reached.map(({ stage }) => stage)).toEqual(["firmware", "ipxe"]);
  });

  test("shows how much of a file the machine has received, of that file alone", () => {
    const [started] = transfer("http", "media/0a1b-demo/bzImage", 1_000_000);
    const { lines } = follow([
      ...events([{ type: "script", peer: PEER, client: ipxe, decision: script }]),
      { type: "received", totalBytes: 5_000_000 },
      ...(started === undefined ? [] : events([started])),
      { type: "received", totalBytes: 5_250_000 },
      { type: "received", totalBytes: 6_100_000 },
    ]);
    expect(lines.filter(({ passing }) => passing).map(({ text }) => text)).toEqual([
      "bzImage, 25 % of 977 KiB",
      "bzImage, 100 % of 977 KiB",
    ]);
  });
});

describe("a boot that gives up", () => {
  test.each([
    "No bootable device.",
    "  PXE-E16: No valid offer received.",
    "BdsDxe: No bootable option or device was found.",
    "Mayfly: going on with the next boot option.",
  ])("is told by its screen: %s", (said) => {
    expect(follow([{ type: "said", line: said }]).watch.gaveUp).toBe(true);
  });

  test("is not one whose script only tries again", () => {
    const said = "Mayfly: attempt 1 of 3 failed; trying again in 5 seconds.";
    expect(follow([{ type: "said", line: said }]).watch.gaveUp).toBe(false);
  });
});

describe("explainStop", () => {
  test("a machine that was left alone is told why", () => {
    const silent: BootDecision = { type: "silent", reason: "no-program", host };
    const { watch } = follow(events([dhcp(uefi, silent, 67, false)]));
    expect(explainStop(watch).cure).toContain("boot-media/ipxe/");
  });

  test.each([
    ["firmware", []],
    ["program", OVMF_BOOT.slice(0, 3)],
    ["ipxe", OVMF_BOOT.slice(0, 9)],
    ["files", OVMF_BOOT.slice(0, 10)],
    ["kernel", OVMF_BOOT],
  ] as const)("a boot that stops at the stage '%s' is explained by that stage", (stage, recorded) => {
    const { watch } = follow(events(recorded));
    expect(watch.stage).toBe(stage);
    expect(explainStop(watch).what).not.toBe("");
    const others = OVMF_BOOT.map((_, index) => follow(events(OVMF_BOOT.slice(0, index))).watch)
      .filter((other) => other.stage !== stage)
      .map((other) => explainStop(other).what);
    expect(others).not.toContain(explainStop(watch).what);
  });

  test("a file that was under way is named", () => {
    const { watch } = follow(events(OVMF_BOOT.slice(0, 11)));
    expect(explainStop(watch).what).toContain("bzImage");
  });
});
