import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRange, selectPart } from "../../../src/wire/http/range.ts";

describe("parseRange of a file of 1000 bytes", () => {
  test.each([
    ["bytes=0-499", { first: 0, last: 499 }],
    ["bytes=500-", { first: 500, last: 999 }],
    ["bytes=-1", { first: 999, last: 999 }],
    ["bytes=-5000", { first: 0, last: 999 }],
    ["bytes=999-2000", { first: 999, last: 999 }],
    ["BYTES = 1 - 2", { first: 1, last: 2 }],
    ["bytes=1000-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-4", "whole"],
    ["bytes=-", "whole"],
    ["bytes=0-1,5-6", "whole"],
    ["lines=0-1", "whole"],
    ["bytes=0x1-2", "whole"],
  ])("%s", (header, expected) => {
    expect(parseRange(header, 1000)).toEqual(expected);
  });
});

test("any header gives a range within the file, or none", () => {
  const number = fc.oneof(fc.constant(""), fc.nat(), fc.bigInt({ min: 0n }).map(String));
  const header = fc.tuple(number, number).map(([from, to]) => `bytes=${from}-${to}`);
  fc.assert(
    fc.property(fc.oneof(header, fc.string()), fc.nat(), (text, size) => {
      const range = parseRange(text, size);
      if (typeof range === "string") return;
      expect(range.first).toBeGreaterThanOrEqual(0);
      expect(range.last).toBeGreaterThanOrEqual(range.first);
      expect(range.last).toBeLessThan(size);
    }),
  );
});

describe('selectPart of a file with the validator "a"', () => {
  const range = "bytes=0-0";
  const part = { first: 0, last: 0 };
  test.each([
    [{}, "whole"],
    [{ range }, part],
    [{ range, ifRange: '"a"' }, part],
    [{ range, ifRange: 'W/"a"' }, "whole"],
    [{ range, ifRange: '"b"' }, "whole"],
    [{ range, ifRange: "Sat, 21 Nov 2026 20:00:00 GMT" }, "whole"],
    [{ ifNoneMatch: '"a"' }, "not-modified"],
    [{ ifNoneMatch: '"b", W/"a"' }, "not-modified"],
    [{ ifNoneMatch: "*", range }, "not-modified"],
    [{ ifNoneMatch: '"b"', range }, part],
    [{ ifMatch: '"b"' }, "failed"],
    [{ ifMatch: 'W/"a"' }, "failed"],
    [{ ifMatch: "*" }, "whole"],
  ])("%j", (headers, expected) => {
    expect(selectPart(headers, 10, '"a"')).toEqual(expected);
  });

  test("a file without a validator never matches one", () => {
    expect(selectPart({ ifNoneMatch: '"undefined"' }, 10, undefined)).toBe("whole");
    expect(selectPart({ range, ifRange: '""' }, 10, undefined)).toBe("whole");
  });
});
