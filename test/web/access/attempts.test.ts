import { expect, test } from "vitest";
import { createAttempts } from "../../../src/web/access/attempts.ts";

test("ten wrong tokens of an address are heard in a minute, and others of other addresses", () => {
  let nowMs = 0;
  const attempts = createAttempts(() => nowMs);
  for (let i = 0; i < 10; i++) expect(attempts.fail("192.0.2.1")).toBe(0);
  nowMs = 20_000;
  expect(attempts.fail("192.0.2.1")).toBe(40);
  expect(attempts.fail("192.0.2.2")).toBe(0);
  nowMs = 60_000;
  expect(attempts.fail("192.0.2.1")).toBe(0);
});
