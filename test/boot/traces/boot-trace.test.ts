/** A boot as a trace. */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Diagnosis } from "../../../src/boot/diagnosis/diagnosis.ts";
import type { Session } from "../../../src/boot/session/session.ts";
import { lateCheckIn, type TraceMeans, traceIdsOf, traceOf } from "../../../src/boot/traces/boot-trace.ts";
import {
  checkedIn,
  INITRD,
  KERNEL,
  OVMF_BOOT,
  sessionTable,
  started,
  type Timed,
} from "../../support/boot-events.ts";
import { BETA_MAC, GENERATION } from "../../support/worlds.ts";

const means: TraceMeans = {
  digest: (text) => createHash("sha256").update(text).digest("hex"),
  clean: (text) => text.replaceAll("secret", "…"),
};
const DIAGNOSIS: Diagnosis = {
  code: "file-broke-off",
  certainty: "certain",
  what: "it stopped in the middle of a secret file",
  cure: "look at its screen",
  evidence: ["03:12:05 initrd secret"],
};

function bootOf(...after: readonly Timed[]): Session {
  const table = sessionTable();
  table.take(...OVMF_BOOT, ...after);
  return table.session();
}

describe("a boot that went well", () => {
  const session = bootOf([12_000, checkedIn()]);
  const [root, ...stages] = traceOf(session, [], means);

  test("is a root that lasts as long as the boot, and says what became of it", () => {
    expect(root).toMatchObject({
      name: "boot",
      startMs: session.startMs,
      endMs: session.lastMs,
      status: { type: "ok" },
      events: [],
      attributes: {
        "mayfly.session": session.id,
        "mayfly.mac": BETA_MAC,
        "mayfly.host": "beta",
        "mayfly.outcome": "checked-in",
        "mayfly.generation": GENERATION.id,
        "mayfly.sent_bytes": expect.any(Number),
        "network.peer.address": "10.77.0.101",
      },
    });
    expect(root).not.toHaveProperty("parentSpanId");
    expect(Number(root?.attributes["mayfly.sent_bytes"])).toBeGreaterThan(357_000_000);
  });

  test("has a span below it for each stage, in order, with times and bytes", () => {
    expect(stages.map(({ name }) => name)).toEqual(session.steps.map(({ stage }) => stage));
    expect(stages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["firmware-dhcp", "proxy-dhcp", "boot-program", "script", "kernel", "initrd"]),
    );
    const initrd = stages.find(({ name }) => name === "initrd");
    expect(initrd).toMatchObject({ attributes: { "mayfly.path": INITRD, "mayfly.sent_bytes": 345_000_000 } });
    expect((initrd?.endMs ?? 0) - (initrd?.startMs ?? 0)).toBe(9000);
    for (const stage of stages) {
      expect(stage).toMatchObject({ traceId: root?.traceId, parentSpanId: root?.spanId });
      expect(stage.endMs).toBeGreaterThanOrEqual(stage.startMs);
      expect(stage.startMs).toBeGreaterThanOrEqual(root?.startMs ?? Number.POSITIVE_INFINITY);
      expect(stage.endMs).toBeLessThanOrEqual(root?.endMs ?? 0);
      expect(stage).not.toHaveProperty("status");
    }
  });

  test("has ids that follow from its session's name, no two the same", () => {
    const ids = [root, ...stages].map((span) => span?.spanId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
    const hex = createHash("sha256").update(session.id).digest("hex");
    expect(traceIdsOf(session.id, means)).toEqual({ traceId: hex.slice(0, 32), spanId: hex.slice(32, 48) });
    expect(traceOf(session, [], means)).toEqual(traceOf(session, [], means));
  });

  test("has the check-in once more for a trace that was sent without it", () => {
    const [late, ...more] = lateCheckIn(session, means);
    expect(more).toEqual([]);
    expect(late).toMatchObject({ name: "check-in", traceId: root?.traceId, parentSpanId: root?.spanId });
    expect(lateCheckIn(bootOf(), means)).toEqual([]);
  });
});

test("what a booted system misses stands at its check-in", () => {
  const checkIn = { atMs: 0, failedUnits: ["geth.service"], missingMounts: ["/mnt"], missingFiles: [] };
  const spans = traceOf(bootOf([12_000, checkedIn({ checkIn })]), [], means);
  expect(spans.at(-1)).toMatchObject({
    name: "check-in",
    attributes: {
      "mayfly.is_well": false,
      "mayfly.failed_units": ["geth.service"],
      "mayfly.missing_mounts": ["/mnt"],
    },
  });
});

test("a boot that stopped is an error, with the diagnosis as an event and nothing of a secret", () => {
  const table = sessionTable();
  table.take(...OVMF_BOOT.slice(0, 15), [10, started(`${KERNEL}/secret`, 1000)]);
  table.tick(25 * 3_600_000);
  const session = table.session();
  expect(session.outcome).toBe("failed");
  const spans = traceOf(session, [DIAGNOSIS], means);
  expect(spans[0]).toMatchObject({
    status: { type: "error", message: "it stopped in the middle of a … file" },
    events: [
      {
        name: "diagnosis",
        atMs: spans[0]?.endMs,
        attributes: { "mayfly.code": "file-broke-off", "mayfly.evidence": ["03:12:05 initrd …"] },
      },
    ],
  });
  expect(JSON.stringify(spans)).not.toContain("secret");
});

test.each([
  ["under-way", undefined, [], undefined],
  ["handed-over", "beta", [], undefined],
  ["handed-over", "beta", [DIAGNOSIS], "error"],
  ["checked-in", "beta", [], "ok"],
  ["failed", undefined, [], "error"],
  ["turned-away", "beta", [], "error"],
  ["turned-away", undefined, [], undefined],
] as const)("a boot that is %s, of host %s, with %j has the status %s", (outcome, host, found, status) => {
  const { host: _host, ...boot } = bootOf();
  const session: Session = { ...boot, outcome, ...(host === undefined ? {} : { host }) };
  expect(traceOf(session, found, means)[0]?.status?.type).toBe(status);
});
