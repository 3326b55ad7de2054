import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FIRMWARE_TABLE, firmwareTable, readProofs, readQuirks } from "../../scripts/firmware-table.ts";

function ids(letter: string, last: number): string[] {
  return Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
}

test("every quirk of the field is listed", () => {
  expect([...readQuirks().keys()]).toEqual(
    expect.arrayContaining([...ids("Q", 15), ...ids("I", 16), ...ids("T", 11)]),
  );
});

test("every quirk has a test named after it, or says why it cannot have one", () => {
  const proofs = readProofs();
  const bare = [...readQuirks()].filter(
    ([id, { untestable }]) => (untestable === undefined) !== proofs.has(id),
  );
  expect(bare.map(([id]) => id)).toEqual([]);
});

test("docs/firmware.md is what scripts/firmware-table.ts makes", () => {
  expect(readFileSync(FIRMWARE_TABLE, "utf8")).toBe(firmwareTable());
});
