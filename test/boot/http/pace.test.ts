import { expect, test } from "vitest";
import { pauseMs, sliceBytes } from "../../../src/boot/http/pace.ts";

test("a card that stalls is sent a twentieth of a second's worth at a time (I11)", () => {
  expect(sliceBytes(10_000_000)).toBe(500_000);
  expect(pauseMs(500_000, 10, 10_000_000)).toBe(40);
});

test("a body that is behind its rate does not wait", () => {
  expect(pauseMs(500_000, 80, 10_000_000)).toBe(0);
});
