import { expect, test } from "vitest";
import {
  formatRate,
  MIN_BYTES_PER_SECOND,
  parseRate,
  pauseMs,
  sliceBytes,
} from "../../../src/boot/http/pace.ts";

test("a card that stalls is sent a twentieth of a second's worth at a time (I11)", () => {
  expect(sliceBytes(10_000_000)).toBe(500_000);
  expect(pauseMs(500_000, 10, 10_000_000)).toBe(40);
});

test("a body that is behind its rate does not wait", () => {
  expect(pauseMs(500_000, 80, 10_000_000)).toBe(0);
});

test("the rate survives the URL", () => {
  expect(parseRate(formatRate(1_000_000).slice(1))).toBe(1_000_000);
  expect(formatRate(undefined)).toBe("");
});

test.each(["", "rate=", "rate=-5", "rate=1e9", "rate=1&rate=2", "attempt=1", "rate=9999999999999"])(
  "%j is no rate",
  (query) => expect(parseRate(query)).toBeUndefined(),
);

test("a rate that would never end is raised", () => {
  expect(parseRate("rate=0")).toBe(MIN_BYTES_PER_SECOND);
});
