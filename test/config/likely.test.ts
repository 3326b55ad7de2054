import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editSteps, likelyWord } from "../../src/config/likely.ts";

const KEYS = ["media", "state", "interfaces", "httpPort", "tftpPort", "hosts", "default"];

describe("likelyWord", () => {
  test.each([
    ["httpPrt", "httpPort"],
    ["http_port", "httpPort"],
    ["HTTPPORT", "httpPort"],
    ["interface", "interfaces"],
    ["defualt", "default"],
    ["host", "hosts"],
  ])("takes %j for %j", (word, likely) => {
    expect(likelyWord(word, KEYS)).toBe(likely);
  });

  test.each(["x", "colour", "mac", "leases"])("takes %j for none", (word) => {
    expect(likelyWord(word, KEYS)).toBeUndefined();
  });
});

describe("editSteps", () => {
  test("counts two letters that changed places as one step", () => {
    expect(editSteps("hsots", "hosts")).toBe(1);
    expect(editSteps("", "abc")).toBe(3);
    expect(editSteps("kitten", "sitting")).toBe(3);
  });

  test("is the same both ways, none for the same word, and never more than the longer word has letters", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const steps = editSteps(a, b);
        expect(steps).toBe(editSteps(b, a));
        expect(steps === 0).toBe(a === b);
        expect(steps).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
