import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { negotiate } from "../../../src/boot/tftp/tftp-negotiate.ts";
import type { TftpOption } from "../../../src/wire/tftp/option.ts";

const ETHERNET = { mtu: 1500 };

/** `blksize=1468 tsize=0` as options, or back. */
const parse = (text: string): TftpOption[] =>
  text
    .split(" ")
    .filter((pair) => pair !== "")
    .map((pair) => ({ name: pair.slice(0, pair.indexOf("=")), value: pair.slice(pair.indexOf("=") + 1) }));
const format = (options: readonly TftpOption[]) =>
  options.map(({ name, value }) => `${name}=${value}`).join(" ");

describe("what was asked is answered", () => {
  test.each([
    ["nothing asked, nothing answered (T2)", "", ""],
    ["EDK2's size probe (T1)", "tsize=0 blksize=1468 windowsize=4", "tsize=1000 blksize=1468 windowsize=4"],
    [
      "EDK2 in earnest: no tsize, since it was not asked (T2)",
      "blksize=1468 windowsize=4",
      "blksize=1468 windowsize=4",
    ],
    ["iPXE (I14)", "blksize=1432 tsize=0", "blksize=1432 tsize=1000"],
    ["U-Boot", "timeout=5 blksize=1468", "timeout=5 blksize=1468"],
    ["names in any case, spelled back as they came", "BLKSIZE=1024 TSize=0", "BLKSIZE=1024 TSize=1000"],
    ["unknown options are passed over (RFC 2347)", "utimeout=5 multicast= blksize=512", "blksize=512"],
    ["only unknown ones: no OACK", "x-foo=1", ""],
    ["the first of two counts", "blksize=1024 blksize=512", "blksize=1024"],
    ["a block larger than the link carries in one piece (T4)", "blksize=65464", "blksize=1468"],
    ["a block larger than TFTP has", "blksize=70000", "blksize=1468"],
    ["a block smaller than TFTP has cannot be agreed on", "blksize=7", ""],
    ["the smallest block", "blksize=8", "blksize=8"],
    ["a senseless block size", "blksize=big", ""],
    ["a negative block size", "blksize=-1", ""],
    ["a window as large as it pays", "windowsize=65535", "windowsize=64"],
    ["no window at all", "windowsize=0", ""],
    ["a timeout that RFC 2349 has not", "timeout=0", ""],
    ["a timeout beyond RFC 2349", "timeout=256", ""],
    ["the longest timeout", "timeout=255", "timeout=255"],
    ["a size asked for in other words", "tsize=", "tsize=1000"],
  ])("%s", (_title, asked, answer) => {
    expect(format(negotiate(parse(asked), 1000, ETHERNET).answer)).toBe(answer);
  });
});

test("without options it is one block of 512 bytes at a time, in our own time", () => {
  expect(negotiate([], 0, ETHERNET)).toEqual({ blockSize: 512, windowSize: 1, answer: [] });
});

test("the operator's limit and a jumbo link are both kept (T4)", () => {
  const asked = parse("blksize=8192");
  expect(negotiate(asked, 0, { mtu: 9000 }).blockSize).toBe(8192);
  expect(negotiate(asked, 0, { mtu: 9000, maxBlockSize: 1400 }).blockSize).toBe(1400);
  expect(negotiate(parse("blksize=1468"), 0, { mtu: 1400 }).blockSize).toBe(1368);
});

test("a window of large blocks is small enough for a client's socket", () => {
  expect(negotiate(parse("blksize=8192 windowsize=64"), 0, { mtu: 9000 }).windowSize).toBe(12);
  expect(negotiate(parse("blksize=65464 windowsize=64"), 0, { mtu: 65536 }).windowSize).toBe(1);
  expect(negotiate(parse("blksize=1468 windowsize=64"), 0, ETHERNET).windowSize).toBe(64);
});

test("whatever is asked, the answer holds only what was asked, and never more of it", () => {
  const name = fc.constantFrom("blksize", "BlkSize", "tsize", "timeout", "windowsize", "multicast");
  const value = fc.oneof(fc.nat(100_000).map(String), fc.string(), fc.bigInt().map(String));
  fc.assert(
    fc.property(
      fc.array(fc.record({ name, value })),
      fc.nat(),
      fc.integer({ min: 68, max: 65536 }),
      (asked, size, mtu) => {
        const agreed = negotiate(asked, size, { mtu });
        const names = asked.map((option) => option.name);
        for (const { name: answered, value: text } of agreed.answer) {
          expect(names).toContain(answered);
          const wish = asked.find((option) => option.name.toLowerCase() === answered.toLowerCase())?.value;
          if (answered.toLowerCase() !== "tsize") expect(Number(text)).toBeLessThanOrEqual(Number(wish));
        }
        expect(agreed.blockSize).toBeGreaterThanOrEqual(8);
        expect(agreed.windowSize).toBeGreaterThanOrEqual(1);
        expect(agreed.windowSize).toBeLessThanOrEqual(64);
        if (agreed.blockSize !== 512) expect(agreed.blockSize).toBeLessThanOrEqual(mtu - 32);
      },
    ),
  );
});
