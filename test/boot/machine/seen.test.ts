import { describe, expect, test } from "vitest";
import type { BootClient } from "../../../src/boot/client.ts";
import type { BootDecision } from "../../../src/boot/decide.ts";
import { type SeenMachine, see } from "../../../src/boot/machine/seen.ts";
import { BETA, GENERATION } from "../../support/worlds.ts";

const firmware: BootClient = { mac: "52:54:00:12:34:56", stage: "uefi", arch: 7, isa: "x86" };
const ipxe: BootClient = { mac: firmware.mac, stage: "ipxe", serial: "S1", facts: { product: "Rack" } };
const hold: BootDecision = { type: "stranger", policy: "hold" };

/** One who is seen again and again, `[client, seconds]` each. */
function history(...sightings: readonly (readonly [BootClient, number])[]): SeenMachine | undefined {
  return sightings.reduce<SeenMachine | undefined>(
    (before, [client, seconds]) => see(before, { client, decision: hold, atMs: seconds * 1000 }),
    undefined,
  );
}

test("what each program says of the machine is put together", () => {
  const first = see(undefined, { client: firmware, decision: hold, atMs: 1000 });
  const then = see(first, { client: ipxe, decision: hold, atMs: 3000, address: "10.0.0.7" });
  expect(then).toEqual({
    mac: firmware.mac,
    firstSeenMs: 1000,
    lastSeenMs: 3000,
    visits: 1,
    stage: "ipxe",
    told: { type: "stranger", reason: "hold" },
    arch: 7,
    isa: "x86",
    serial: "S1",
    facts: { product: "Rack" },
    address: "10.0.0.7",
  });
});

describe("how often a machine came", () => {
  test("a firmware that repeats itself, its iPXE and an hour of waiting are one visit", () => {
    const waiting = Array.from({ length: 360 }, (_, index) => [ipxe, 70 + 10 * index] as const);
    expect(history([firmware, 0], [firmware, 4], [firmware, 36], [ipxe, 60], ...waiting)?.visits).toBe(1);
  });

  test("firmware that asks where iPXE asked before is a machine that was switched on again", () => {
    expect(history([firmware, 0], [ipxe, 5], [firmware, 20], [ipxe, 25])?.visits).toBe(2);
  });

  test("so is anything after a silence", () => {
    expect(history([ipxe, 0], [ipxe, 119])?.visits).toBe(1);
    expect(history([ipxe, 0], [ipxe, 120])?.visits).toBe(2);
    expect(history([firmware, 0], [firmware, 3600])?.visits).toBe(2);
  });
});

test.each([
  ["a program", { type: "chain", host: BETA, program: PROGRAM() }, { type: "chain", host: "beta" }],
  ["a stranger's program", { type: "chain", program: PROGRAM() }, { type: "chain" }],
  [
    "a script",
    { type: "script", host: BETA, generation: GENERATION },
    { type: "script", host: "beta", generation: GENERATION.id },
  ],
  [
    "why not",
    { type: "refused", host: BETA, reason: "wrong-isa" },
    { type: "refused", host: "beta", reason: "wrong-isa" },
  ],
  ["nothing", { type: "silent", reason: "unknown-host" }, { type: "silent", reason: "unknown-host" }],
] as const satisfies readonly (readonly [string, BootDecision, object])[])(
  "being told %s is kept briefly",
  (_what, decision, told) => {
    expect(see(undefined, { client: ipxe, decision, atMs: 0 }).told).toEqual(told);
  },
);

function PROGRAM() {
  return { name: "ipxe-x64.efi", kind: "efi-x64", path: "/x", sizeBytes: 1 } as const;
}

test("a machine cannot make what is kept of it long", () => {
  const long = "x".repeat(100_000);
  const seen = see(undefined, {
    client: { ...ipxe, serial: long, facts: { product: long, nic: long } },
    decision: hold,
    atMs: 0,
  });
  expect(JSON.stringify(seen).length).toBeLessThan(1000);
});
