import { expect, test } from "vitest";
import type { BootEvent } from "../../../src/boot/event.ts";
import { publicEvent } from "../../../src/web/events/public-event.ts";
import type { PublicEvent } from "../../../src/web/schema/events.ts";
import { publicEvent as schema } from "../../../src/web/schema/events.ts";
import { BETA, BETA_MAC, GENERATION } from "../../support/worlds.ts";

const AT = Date.parse("2026-01-02T03:04:05.678Z");
const peer = { address: "10.0.0.7", port: 4000 };
const client = { mac: BETA_MAC, stage: "ipxe", arch: 7 } as const;
const decision = { type: "script", host: BETA, generation: GENERATION } as const;
const transfer = {
  via: "http",
  peer,
  path: "media/g/initrd",
  sizeBytes: 10,
  generation: "g",
  mac: BETA_MAC,
  host: "beta",
} as const;

const DIAGNOSED = {
  ...{ type: "diagnosed", session: "0mwr00001-aaaaaa", mac: BETA_MAC },
  diagnosis: { code: "program-died", certainty: "likely", what: "it died", cure: "", evidence: [] },
} as const satisfies BootEvent;

const EVENTS: readonly (readonly [BootEvent, Partial<PublicEvent>])[] = [
  [
    { type: "dhcp", interface: "eth0", port: 67, request: "DISCOVER", client, decision, reply: "OFFER" },
    {
      ...{ type: "dhcp", mac: BETA_MAC, host: "beta", interface: "eth0", reply: "OFFER" },
      told: { type: "script", host: "beta", generation: GENERATION.id },
    },
  ],
  [
    {
      ...{ type: "lease", interface: "eth0", mac: BETA_MAC, request: "DISCOVER" },
      decision: { type: "silent", reason: "bootp", durable: false, changes: [] },
    },
    { type: "lease", mac: BETA_MAC, decision: "silent", reason: "bootp" },
  ],
  [
    { type: "script", peer, client, decision, wait: 2, bootId: "0123456789abcdef" },
    { type: "script", mac: BETA_MAC, host: "beta", address: "10.0.0.7", wait: 2 },
  ],
  [
    { type: "transfer-started", ...transfer },
    { type: "transfer", state: "started", path: "media/g/initrd", host: "beta", port: 4000 },
  ],
  [
    { type: "transfer-ended", ...transfer, result: "complete", sentBytes: 10, durationMs: 5 },
    { type: "transfer", state: "ended", result: "complete", sentBytes: 10, durationMs: 5 },
  ],
  [
    { type: "refused", via: "http", peer, path: "x", reason: "no", expected: false },
    { type: "refused", path: "x", reason: "no", level: "warn" },
  ],
  [
    {
      ...{ type: "checked-in", peer, bootId: "0123456789abcdef", mac: BETA_MAC, host: "beta" },
      generation: "g",
      checkIn: { atMs: AT, kernel: "6.12", failedUnits: ["a"], missingMounts: [], missingFiles: [] },
    },
    { type: "checked-in", well: false, failedUnits: ["a"], kernel: "6.12", generation: "g" },
  ],
  [
    {
      type: "session",
      change: "moved",
      session: {
        ...{ id: "000000001-000000", mac: BETA_MAC, host: "beta", via: "netboot", startMs: AT, lastMs: AT },
        ...{ scripts: 1, bootId: "0123456789abcdef", outcome: "under-way" },
        steps: [{ stage: "kernel", startMs: AT, endMs: AT + 1, sizeBytes: 5, result: "complete" }],
      },
    },
    { type: "session", change: "moved", host: "beta" },
  ],
  [
    { type: "published", image: "beta", generation: GENERATION },
    { type: "published", image: "beta", generation: GENERATION.id },
  ],
  [
    {
      ...{ type: "published", image: "beta", generation: GENERATION },
      heldBack: [
        {
          ...{ host: "beta", scope: "group:nodes", instead: "one", canaries: 2 },
          because: { type: "waiting", candidate: GENERATION.id, reason: "canary" },
        },
      ],
    },
    {
      ...{ type: "published", level: "info" },
      heldBack: [
        {
          ...{ host: "beta", gives: "one", waitsFor: "canary", canaries: 2 },
          because: `${GENERATION.id} is newer, and goes to its canaries first`,
        },
      ],
    },
  ],
  [
    { type: "trouble", image: "beta", reason: "no initrd" },
    { type: "trouble", reason: "no initrd" },
  ],
  [
    { type: "withdrawn", image: "beta" },
    { type: "withdrawn", image: "beta" },
  ],
  [
    { type: "hosts", added: ["beta"], changed: ["gamma"], removed: ["delta"] },
    { type: "hosts", hosts: ["beta", "gamma", "delta"], added: ["beta"], removed: ["delta"] },
  ],
  [
    { type: "dropped", generation: "g" },
    { type: "dropped", generation: "g" },
  ],
  [
    { type: "approved", mac: BETA_MAC, host: "beta" },
    { type: "approved", host: "beta" },
  ],
  [
    { type: "unapproved", mac: BETA_MAC, host: "beta" },
    { type: "unapproved", host: "beta" },
  ],
  [
    { type: "check-in-refused", peer, reason: "token-used", bootId: "0123456789abcdef", mac: BETA_MAC },
    { type: "check-in-refused", reason: "token-used", mac: BETA_MAC },
  ],
  [
    { type: "overheard", interface: "eth0", mac: BETA_MAC, request: "REQUEST", client, address: "10.0.0.7" },
    { type: "overheard", mac: BETA_MAC, stage: "ipxe", address: "10.0.0.7" },
  ],
  [
    {
      ...{ type: "foreign-offer", interface: "eth0", mac: BETA_MAC, server: "10.0.0.9", isNews: true },
      boot: { class: "PXEClient", file: "x.efi" },
    },
    {
      ...{ type: "foreign-offer", mac: BETA_MAC, server: "10.0.0.9", level: "warn" },
      boots: "PXEClient, x.efi",
    },
  ],
  [DIAGNOSED, { type: "diagnosed", boot: "0mwr00001-aaaaaa", level: "warn", mac: BETA_MAC }],
  [
    { ...DIAGNOSED, repeated: true },
    { type: "diagnosed", boot: "0mwr00001-aaaaaa", level: "debug", repeated: true },
  ],
  [
    {
      ...{ type: "build", change: "moved", host: "beta" },
      build: {
        ...{ id: "b", host: "beta", installable: ".#beta", reason: "asked", state: "running" },
        ...{ queuedMs: AT, startMs: AT, log: ["a secret"] },
      },
    },
    { type: "build", change: "moved", host: "beta" },
  ],
  [
    { type: "steered", by: "ci", method: "POST", path: "/api/v1/x" },
    { type: "steered", by: "ci", method: "POST", path: "/api/v1/x" },
  ],
  [
    { type: "console", peer, text: "RPi: BOOTSYS" },
    { type: "console", address: "10.0.0.7", text: "10.0.0.7 says: RPi: BOOTSYS" },
  ],
  [
    { type: "notice", level: "warn", text: "look", cure: "do" },
    { type: "notice", cure: "do" },
  ],
  [
    { type: "malformed", via: "dhcp", peer, code: "WIRE_BAD_LENGTH", reason: "short" },
    { type: "malformed", code: "WIRE_BAD_LENGTH" },
  ],
  [
    { type: "bug", via: "dhcp", error: new Error("/secret/path"), bytes: new Uint8Array([1]) },
    { type: "bug", via: "dhcp" },
  ],
];

test.each(EVENTS.map(([event, shown]) => [event.type, event, shown] as const))(
  "%s is told in the shape that is described, and no field besides",
  (_type, event, shown) => {
    const told = publicEvent(event, AT);
    expect(told).toMatchObject({ ...shown, at: "2026-01-02T03:04:05.678Z" });
    // What a schema does not know, it leaves out.
    expect(schema.parse(told)).toEqual(told);
    expect(JSON.parse(JSON.stringify(told))).toEqual(told);
  },
);

test("what ties a script to its check-in, packets and our own traces are told to nobody", () => {
  const all = JSON.stringify(EVENTS.map(([event]) => publicEvent(event, AT)));
  expect(all).not.toContain("0123456789abcdef");
  expect(all).not.toContain("a secret");
  expect(all).not.toContain("/secret/path");
});

test.each([
  [
    "a refused path",
    {
      type: "refused",
      via: "http",
      peer,
      path: "/checkin/SeCrEt?x",
      reason: "GET /checkin/SeCrEt",
      expected: false,
    },
  ],
  [
    "a console line",
    { type: "console", peer, text: "args: mayfly.checkin=http://10.0.0.1:8080/checkin/SeCrEt quiet" },
  ],
  ["a notice", { type: "notice", level: "info", text: "the token mayfly_SeCrEtSeCrEt is old" }],
] as const satisfies readonly (readonly [string, BootEvent])[])(
  "a token in %s is left out",
  (_where, event) => {
    const text = JSON.stringify(publicEvent(event, AT));
    expect(text).not.toContain("SeCrEt");
    expect(text).toContain("…");
  },
);
