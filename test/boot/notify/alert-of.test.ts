import { expect, test } from "vitest";
import type { Build } from "../../../src/boot/build/build.ts";
import type { BootEvent } from "../../../src/boot/event.ts";
import { alertOf } from "../../../src/boot/notify/alert-of.ts";
import { dhcp, script, UEFI } from "../../support/boot-events.ts";
import { GENERATION } from "../../support/worlds.ts";

const AT = 1_700_000_000_000;
const build: Build = {
  ...{ id: "1", host: "beta", installable: "github:owner/repo#beta", reason: "asked", state: "failed" },
  ...{
    queuedMs: AT,
    log: ["error: no"],
    trouble: "nix says that the attribute is missing",
    cure: "look at it",
  },
};

test("a machine that no host names is told of with the command that names it, by DHCP and by its script", () => {
  const byDhcp = alertOf(dhcp(UEFI, { type: "silent", reason: "unknown-host" }), AT);
  expect(byDhcp).toMatchObject({
    kind: "unknown-machine",
    subject: UEFI.mac,
    cure: `'mayfly approve ${UEFI.mac} NAME' says which host it is`,
  });
  expect(alertOf(script({ type: "stranger", policy: "hold" }), AT)?.key).toBe(byDhcp?.key);
});

test("a machine that boots, and one that only a default covers, are no unknown ones", () => {
  expect(alertOf(script(), AT)).toBeUndefined();
  expect(alertOf(dhcp(UEFI, { type: "silent", reason: "no-program" }), AT)).toBeUndefined();
});

test("a generation that is marked bad is told of with the machine, the reason and what is given instead", () => {
  const event: BootEvent = {
    ...{ type: "rollout", change: "marked-bad", scope: "host:beta", hosts: ["beta"] },
    ...{ generation: "g2", mac: UEFI.mac, reason: "no-check-in", instead: "g1" },
  };
  expect(alertOf(event, AT)).toMatchObject({
    ...{ kind: "generation-bad", subject: "beta", generation: "g2", cause: "no-check-in", hosts: ["beta"] },
    text: expect.stringContaining("g1 is given instead"),
  });
});

test("a rollout is told of when everybody has it, and nothing before", () => {
  const news = { type: "rollout", scope: "group:nodes", hosts: ["a", "b"], generation: "g2" } as const;
  expect(alertOf({ ...news, change: "settled" }, AT)).toMatchObject({
    kind: "rollout-done",
    subject: "group nodes",
  });
  for (const change of ["waiting", "canary", "promoted", "held", "pinned"] as const)
    expect(alertOf({ ...news, change }, AT)).toBeUndefined();
});

test.each<[string, BootEvent, BootEvent]>([
  [
    "an image",
    { type: "trouble", image: "beta", reason: "initrd is not there" },
    { type: "published", image: "beta", generation: GENERATION },
  ],
  [
    "a build",
    { type: "build", change: "ended", host: "beta", build },
    {
      type: "build",
      change: "ended",
      host: "beta",
      build: { ...build, state: "built", path: "/nix/store/x" },
    },
  ],
  [
    "the disk",
    {
      type: "notice",
      level: "warn",
      text: "leases cannot be kept: disk full",
      trouble: "leases cannot be kept",
    },
    {
      ...{ type: "notice", level: "info", text: "over: leases cannot be kept" },
      ...{ trouble: "leases cannot be kept", isOver: true },
    },
  ],
])("the trouble of %s lasts until its end is told", (_, began, ended) => {
  const [first, last] = [alertOf(began, AT), alertOf(ended, AT)];
  expect(first).toMatchObject({ kind: "server-trouble", lasts: true });
  expect(last).toMatchObject({ kind: "server-trouble", isOver: true, key: first?.key });
});

test("a build that was called off, and a notice that warns of nothing, are no news", () => {
  const cancelled: BootEvent = {
    type: "build",
    change: "ended",
    host: "beta",
    build: { ...build, state: "cancelled" },
  };
  expect(alertOf(cancelled, AT)).toBeUndefined();
  expect(
    alertOf({ type: "notice", level: "info", text: "the configuration was read again" }, AT),
  ).toBeUndefined();
});

test("of a mistake of ours neither the trace nor the bytes are sent", () => {
  const event: BootEvent = {
    type: "bug",
    via: "tftp",
    error: new Error("at /home/anna"),
    bytes: Uint8Array.of(7),
  };
  const told = JSON.stringify(alertOf(event, AT));
  expect(told).toContain("tftp");
  expect(told).not.toContain("anna");
});
