import fc from "fast-check";
import { expect, test } from "vitest";
import {
  admitLines,
  type Intake,
  LINES_A_SECOND,
  MAX_AT_ONCE,
  NO_INTAKE,
} from "../../../src/boot/syslog/intake.ts";

test("whatever comes whenever, an address gets no more than its share, and what is left out is told once", () => {
  const arrivals = fc.array(fc.record({ lines: fc.nat(200), afterMs: fc.nat(3000) }), { maxLength: 60 });
  fc.assert(
    fc.property(arrivals, (all) => {
      let intake: Intake = NO_INTAKE;
      const sum = { nowMs: 0, sent: 0, taken: 0, told: 0 };
      for (const { lines, afterMs } of all) {
        sum.nowMs += afterMs;
        const [next, { taken, leftOut }] = admitLines(intake, "10.0.0.7", lines, sum.nowMs);
        intake = next;
        sum.sent += lines;
        sum.taken += taken;
        sum.told += leftOut;
        expect(taken).toBeLessThanOrEqual(lines);
      }
      expect(sum.taken).toBeLessThanOrEqual(MAX_AT_ONCE + (sum.nowMs * LINES_A_SECOND) / 1000);
      expect(sum.told).toBeLessThanOrEqual(sum.sent - sum.taken);
    }),
  );
});

test("one that was too fast is heard again, with how much was left out", () => {
  const [full, first] = admitLines(NO_INTAKE, "10.0.0.7", MAX_AT_ONCE + 5, 0);
  expect(first).toEqual({ taken: MAX_AT_ONCE, leftOut: 0 });
  const [still, none] = admitLines(full, "10.0.0.7", 1, 1);
  expect(none).toEqual({ taken: 0, leftOut: 0 });
  expect(admitLines(still, "10.0.0.7", 1, 1000)[1]).toEqual({ taken: 1, leftOut: 6 });
  // Others do not suffer from it.
  expect(admitLines(still, "10.0.0.8", 1, 1)[1].taken).toBe(1);
});

test("addresses that somebody makes up take bounded room", () => {
  let intake: Intake = NO_INTAKE;
  for (let i = 0; i < 1000; i++) [intake] = admitLines(intake, `10.0.${i >> 8}.${i & 255}`, 1, i);
  expect(intake.size).toBe(256);
});
