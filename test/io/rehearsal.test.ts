import { expect, test } from "vitest";
import { rehearse } from "../../src/io/rehearsal.ts";

const WITHIN_MS = 10_000;

test.each([false, true])(
  "a rehearsal goes through without a mistake, also where addresses are given: %s",
  async (givesAddresses) => {
    const { signal } = new AbortController();
    const { answered, mistakes } = await rehearse({ givesAddresses, signal });
    expect(mistakes).toEqual([]);
    expect(answered).toBeGreaterThan(0);
  },
  WITHIN_MS,
);

test("a rehearsal that is called off answers nobody", async () => {
  expect(await rehearse({ givesAddresses: false, signal: AbortSignal.abort() })).toEqual({
    answered: 0,
    mistakes: [],
  });
});
