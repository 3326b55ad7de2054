import { expect, test } from "vitest";
import { type Answer, afterAnswer, GIVE_UP_MS } from "../../../src/boot/notify/retry.ts";

const status = (code: number, retryAfterMs?: number): Answer => ({
  ...{ type: "status", status: code, text: "" },
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const first = { tries: 1, firstMs: 0 };

test.each([200, 201, 204])("%i has arrived", (code) => {
  expect(afterAnswer(status(code), first, 0)).toEqual({ type: "delivered" });
});

test.each([400, 401, 403, 404, 410, 413])("%i is given up: the same will not be taken later", (code) => {
  expect(afterAnswer(status(code), first, 0).type).toBe("given-up");
});

test.each([301, 302, 307, 308])("the redirection %i is not followed, and the reason says so", (code) => {
  const outcome = afterAnswer(status(code), first, 0);
  expect(outcome).toMatchObject({ type: "given-up", reason: expect.stringContaining("not followed") });
});

test.each<Answer>([
  status(500),
  status(503),
  status(429),
  status(408),
  { type: "error", reason: "ECONNREFUSED" },
])("it is sent again, after ever longer times up to a quarter of an hour: %o", (answer) => {
  const waits = [1, 2, 3, 4, 5, 6, 7].map((tries) => {
    const outcome = afterAnswer(answer, { tries, firstMs: 0 }, 0);
    return outcome.type === "again" ? outcome.atMs : 0;
  });
  expect(waits).toEqual([5_000, 15_000, 45_000, 135_000, 405_000, 900_000, 900_000]);
});

test("whoever asks for more time gets it, up to an hour", () => {
  expect(afterAnswer(status(429, 60_000), first, 0)).toMatchObject({ atMs: 60_000 });
  expect(afterAnswer(status(503, 1), first, 0)).toMatchObject({ atMs: 5_000 });
  expect(afterAnswer(status(429, 1e12), first, 0)).toMatchObject({ atMs: 3_600_000 });
});

test("after a day it is given up", () => {
  expect(afterAnswer(status(500), { tries: 90, firstMs: 0 }, GIVE_UP_MS - 900_000).type).toBe("again");
  expect(afterAnswer(status(500), { tries: 90, firstMs: 0 }, GIVE_UP_MS - 899_999).type).toBe("given-up");
});
