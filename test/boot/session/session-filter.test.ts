import { expect, test } from "vitest";
import { isSeenSince } from "../../../src/boot/session/session-filter.ts";
import { boot } from "../../support/alerts.ts";

test("a boot under way is one of now, however long only bytes went to it; one that is over is of when it was heard", () => {
  const lastMs = 1_000_000;
  expect(isSeenSince(boot("under-way", { lastMs }), lastMs + 1)).toBe(true);
  expect(isSeenSince(boot("failed", { lastMs }), lastMs + 1)).toBe(false);
  expect(isSeenSince(boot("failed", { lastMs }), lastMs)).toBe(true);
});
