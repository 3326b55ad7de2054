import { expect, test } from "vitest";
import { bootMedians, fetchedAfterMs } from "../../../src/boot/session/medians.ts";
import type { Session, SessionStage } from "../../../src/boot/session/session.ts";
import { makeSessionId } from "../../../src/boot/session/session-id.ts";
import { BETA_MAC } from "../../support/worlds.ts";

type Part = readonly [stage: SessionStage, fromMs: number, toMs?: number];

function boot(outcome: Session["outcome"], ...parts: readonly Part[]): Session {
  const startMs = 1_000_000;
  const steps = parts.map(([stage, from, to]) => ({
    ...{ stage, startMs: startMs + from },
    ...(to === undefined ? {} : { endMs: startMs + to }),
  }));
  const times = { startMs, lastMs: startMs };
  return {
    id: makeSessionId(startMs, 0),
    mac: BETA_MAC,
    via: "netboot",
    ...times,
    scripts: 1,
    steps,
    outcome,
  };
}

test("the median of each stage is that of the boots that went through it", () => {
  const { boots, totalMs, stages } = bootMedians([
    boot("handed-over", ["firmware-dhcp", 0, 1000], ["kernel", 2000, 3000], ["initrd", 3000, 9000]),
    boot("checked-in", ["firmware-dhcp", 0, 3000], ["kernel", 4000, 4500], ["check-in", 60_000, 60_000]),
    boot("checked-in", ["firmware-dhcp", 0, 4000], ["kernel", 5000, 8000]),
  ]);
  expect(boots).toBe(3);
  expect(totalMs).toBe(8000);
  expect([...stages]).toEqual([
    ["firmware-dhcp", { medianMs: 3000, boots: 3 }],
    ["kernel", { medianMs: 1000, boots: 3 }],
    ["initrd", { medianMs: 6000, boots: 1 }],
    ["check-in", { medianMs: 0, boots: 1 }],
  ]);
});

test("of an even number it lies between the two in the middle", () => {
  const { totalMs } = bootMedians(
    [1000, 2000, 4000, 9000].map((ms) => boot("handed-over", ["kernel", 0, ms])),
  );
  expect(totalMs).toBe(3000);
});

test("a stage that was gone through twice counts with both, and boots that went wrong not at all", () => {
  const { boots, stages } = bootMedians([
    boot("handed-over", ["kernel", 0, 1000], ["kernel", 5000, 7000]),
    boot("failed", ["kernel", 0, 900_000]),
    boot("under-way", ["kernel", 0]),
  ]);
  expect(boots).toBe(1);
  expect(stages.get("kernel")).toEqual({ medianMs: 3000, boots: 1 });
});

test("of no boots there is none", () => {
  expect(bootMedians([])).toEqual({ boots: 0, stages: new Map() });
  expect(fetchedAfterMs(boot("handed-over", ["kernel-dhcp", 0, 5]))).toBeUndefined();
});
