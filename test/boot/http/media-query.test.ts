import { expect, test } from "vitest";
import { formatMediaQuery, parseMediaQuery } from "../../../src/boot/http/media-query.ts";
import { MIN_BYTES_PER_SECOND } from "../../../src/boot/http/pace.ts";

const BOOT = "0123456789abcdef";

test.each([
  [{}, ""],
  [{ bytesPerSecond: 1_000_000 }, "?rate=1000000"],
  [{ bootId: BOOT }, `?boot=${BOOT}`],
  [{ bytesPerSecond: 1_000_000, bootId: BOOT }, `?rate=1000000&boot=${BOOT}`],
])("%j survives the URL", (wish, query) => {
  expect(formatMediaQuery(wish)).toBe(query);
  expect(parseMediaQuery(query.slice(1))).toEqual(wish);
});

test.each([
  "",
  "rate=",
  "rate=-5",
  "rate=1e9",
  "attempt=1",
  "rate=9999999999999",
  "boot=",
  "boot=xyz",
  "boot",
  "&&=",
])("%j says nothing", (query) => expect(parseMediaQuery(query)).toEqual({}));

test("a rate that would never end is raised", () => {
  expect(parseMediaQuery("rate=0")).toEqual({ bytesPerSecond: MIN_BYTES_PER_SECOND });
});
