import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  type BootOutcome,
  bootOf,
  type GenerationBoot,
  MAX_LAST,
  NO_BOOTS,
  withBoot,
} from "../../../src/boot/history/boots.ts";
import type { Session, SessionOutcome } from "../../../src/boot/session/session.ts";

function boot(session: string, outcome: BootOutcome = "handed-over"): GenerationBoot {
  return { session, mac: "52:54:00:12:34:56", via: "netboot", outcome, startMs: 1 };
}

test("a boot that is under way, or was turned away, is not counted", () => {
  const session = (outcome: SessionOutcome): Session => ({
    ...{ id: "s1", mac: "52:54:00:12:34:56", host: "beta", via: "netboot" as const },
    ...{ startMs: 1, lastMs: 2, scripts: 1, steps: [], outcome },
  });
  expect(bootOf(session("under-way"))).toBeUndefined();
  expect(bootOf(session("turned-away"))).toBeUndefined();
  expect(bootOf(session("failed"))).toEqual({ ...boot("s1", "failed"), host: "beta" });
});

test("a boot that was handed over and then checks in counts once, as what it became", () => {
  const boots = withBoot(withBoot(NO_BOOTS, boot("s1")), boot("s1", "checked-in"));
  expect(boots).toEqual({ checkedIn: 1, handedOver: 0, failed: 0, last: [boot("s1", "checked-in")] });
});

test("the counters are those of the last word on each boot, in whichever order the boots are told of", () => {
  const outcome = fc.constantFrom<BootOutcome>("handed-over", "checked-in", "failed");
  const told = fc.array(fc.tuple(fc.integer({ min: 1, max: MAX_LAST }), outcome), { maxLength: 60 });
  fc.assert(
    fc.property(told, (words) => {
      const id = (number: number) => `s${String(number).padStart(3, "0")}`;
      const boots = words.reduce((all, [number, how]) => withBoot(all, boot(id(number), how)), NO_BOOTS);
      const last = new Map(words.map(([number, how]) => [id(number), how]));
      const count = (how: BootOutcome) => [...last.values()].filter((each) => each === how).length;
      expect(boots.checkedIn).toBe(count("checked-in"));
      expect(boots.handedOver).toBe(count("handed-over"));
      expect(boots.failed).toBe(count("failed"));
      expect(boots.last.map(({ session }) => session)).toEqual([...last.keys()].sort().reverse());
    }),
  );
});

test("only the latest are kept by name, and all are counted", () => {
  const ids = Array.from({ length: MAX_LAST + 7 }, (_, at) => `s${String(at).padStart(3, "0")}`);
  const boots = ids.reduce((all, id) => withBoot(all, boot(id)), NO_BOOTS);
  expect(boots.handedOver).toBe(ids.length);
  expect(boots.last).toHaveLength(MAX_LAST);
  expect(boots.last[0]?.session).toBe(ids.at(-1));
});
