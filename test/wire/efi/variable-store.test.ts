import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  findVariableStore,
  liveVariables,
  setVariables,
  type Variable,
} from "../../../src/wire/efi/variable-store.ts";
import { WireError } from "../../../src/wire/error.ts";
import { OLD_FIRMWARE_BYTES, uefiFirmware } from "../../support/rpi4-files.ts";

const GUID = "cd7cc258-31db-22e6-9f22-63b0b8eed6b5";
const STORE_AT = OLD_FIRMWARE_BYTES - 0x30000 + 72;
const STORE_BYTES = 0xdfb8;
const VOLUME_END = OLD_FIRMWARE_BYTES - 0x10000;
const image = uefiFirmware(OLD_FIRMWARE_BYTES, "x");

function variable(name: string, data: readonly number[], attributes = 7): Variable {
  return { name, guid: GUID, attributes, data: Uint8Array.from(data) };
}

/** What a firmware would find. */
function found(bytes: Uint8Array): Record<string, number[]> {
  return Object.fromEntries(
    liveVariables(findVariableStore(bytes)).map(({ name, data }) => [name, [...data]]),
  );
}

/** Where two images differ: first and last offset. */
function difference(a: Uint8Array, b: Uint8Array): [number, number] {
  const differs = (byte: number, index: number) => byte !== b[index];
  return [a.findIndex(differs), a.findLastIndex(differs)];
}

test("a fresh firmware has an empty store", () => {
  expect(findVariableStore(image)).toEqual({
    offset: STORE_AT,
    sizeBytes: STORE_BYTES,
    entries: [],
    freeAt: STORE_AT + 28,
  });
});

test("a variable that is set is found, and only its own bytes have changed", () => {
  const patched = setVariables(image, [variable("RamLimitTo3GB", [0, 0, 0, 0])]);
  expect(found(patched)).toEqual({ RamLimitTo3GB: [0, 0, 0, 0] });
  expect(patched.length).toBe(image.length);
  expect(difference(image, patched)).toEqual([STORE_AT + 28, STORE_AT + 28 + 60 + 28 + 4 - 1]);
});

test("the bytes are those of EDK2's AUTHENTICATED_VARIABLE_HEADER", () => {
  const patched = setVariables(image, [variable("A", [1, 2, 3])]);
  expect(Buffer.from(patched.subarray(STORE_AT + 28, STORE_AT + 28 + 68)).toString("hex")).toBe(
    [
      "aa553f00", // StartId, State, Reserved
      "07000000", // Attributes
      "0000000000000000", // MonotonicCount
      "00000000000000000000000000000000", // TimeStamp
      "00000000", // PubKeyIndex
      "04000000", // NameSize
      "03000000", // DataSize
      "58c27ccddb31e6229f2263b0b8eed6b5", // VendorGuid
      "41000000", // "A"
      "010203ff", // data, and what aligns the next header
    ].join(""),
  );
});

describe("a variable that is there already", () => {
  const once = setVariables(image, [variable("A", [1]), variable("B", [2])]);

  test("and has the value stays as it is", () => {
    expect(Buffer.from(setVariables(once, [variable("A", [1])])).equals(Buffer.from(once))).toBe(true);
  });

  test("is superseded: the old entry is marked deleted, as firmware does", () => {
    const twice = setVariables(once, [variable("A", [3, 4])]);
    expect(found(twice)).toEqual({ A: [3, 4], B: [2] });
    expect(findVariableStore(twice).entries.map(({ name, state }) => [name, state])).toEqual([
      ["A", 0x3c],
      ["B", 0x3f],
      ["A", 0x3f],
    ]);
  });

  test("under another GUID is another variable", () => {
    const other = { ...variable("A", [9]), guid: "8be4df61-93ca-11d2-aa0d-00e098032b8c" };
    expect(liveVariables(findVariableStore(setVariables(once, [other])))).toHaveLength(3);
  });
});

test("a variable whose replacement the power cut interrupted counts until its successor is written", () => {
  const patched = setVariables(image, [variable("A", [1])]);
  patched[STORE_AT + 28 + 2] = 0x3e;
  expect(found(patched)).toEqual({ A: [1] });
  expect(found(setVariables(patched, [variable("A", [2])]))).toEqual({ A: [2] });
});

test("an entry that was never completed does not count", () => {
  const patched = setVariables(image, [variable("A", [1]), variable("B", [2])]);
  patched[STORE_AT + 28 + 2] = 0x7f;
  expect(found(patched)).toEqual({ B: [2] });
});

test("a full log is rewritten without what was superseded", () => {
  let patched = setVariables(image, [variable("Kept", [7])]);
  for (let round = 0; round < 2000; round++) patched = setVariables(patched, [variable("A", [round & 0xff])]);
  expect(found(patched)).toEqual({ Kept: [7], A: [1999 & 0xff] });
  expect(difference(image, patched)[1]).toBeLessThan(STORE_AT + STORE_BYTES);
});

describe("refuses", () => {
  test("what does not fit, and leaves the image as it was", () => {
    const before = image.slice();
    expect(() => setVariables(image, [{ ...variable("A", []), data: new Uint8Array(STORE_BYTES) }])).toThrow(
      expect.objectContaining({ name: "WireError", code: "WIRE_BAD_LENGTH" }),
    );
    expect(Buffer.from(image).equals(before)).toBe(true);
  });

  test("a variable that only a signature may change", () => {
    expect(() => setVariables(image, [variable("db", [1], 0x27)])).toThrow(
      "the variable db can be changed with a signature only",
    );
  });

  test.each<[string, Uint8Array, string]>([
    ["an image without a volume for variables", new Uint8Array(0x20000), "WIRE_BAD_MAGIC"],
    ["a store of another kind", image.with(STORE_AT, 0), "WIRE_BAD_MAGIC"],
    ["a store that is not formatted", image.with(STORE_AT + 20, 0xff), "WIRE_BAD_VALUE"],
    ["a store that leaves its volume", image.with(STORE_AT + 18, 0x10), "WIRE_BAD_LENGTH"],
  ])("%s", (_what, bytes, code) => {
    expect(() => findVariableStore(bytes)).toThrow(expect.objectContaining({ name: "WireError", code }));
  });
});

test("whatever is set, in whatever order, is found as it was set last, and nothing outside the store changes", () => {
  const anyVariable = fc.record({
    name: fc.constantFrom("A", "Boot0001", "RamLimitTo3GB"),
    data: fc.array(fc.nat(255), { maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(anyVariable, { maxLength: 12 }), (changes) => {
      const patched = setVariables(
        image,
        changes.map(({ name, data }) => variable(name, data)),
      );
      expect(found(patched)).toEqual(Object.fromEntries(changes.map(({ name, data }) => [name, data])));
      const [first, last] = difference(image, patched);
      if (first >= 0) expect([first >= STORE_AT + 28, last < STORE_AT + STORE_BYTES]).toEqual([true, true]);
    }),
    { numRuns: 30 },
  );
});

test("any bytes in a store give variables or a WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const broken = image.slice();
      broken.set(bytes, STORE_AT + 16);
      try {
        expect(findVariableStore(broken).freeAt).toBeLessThanOrEqual(VOLUME_END);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 50 },
  );
});
