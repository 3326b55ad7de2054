import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  createFilePool,
  type FilePart,
  type FoundFile,
  readerOf,
  sizeOf,
  stampOfFile,
} from "../../../src/io/images/shared-file.ts";
import { StaleFileError } from "../../../src/io/open-file.ts";
import { concat } from "../../../src/wire/bytes.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const CONTENT = Uint8Array.from({ length: 64 }, (_, at) => at);

async function openContent() {
  const path = join(tempFolder(), "disc");
  writeFileSync(path, CONTENT);
  const file = await createFilePool().open(path, false);
  const found: FoundFile = { path, stamp: await stampOfFile(file), isImmutable: false };
  const reader = (parts: readonly FilePart[]) =>
    readerOf({ ...file }, { ...found, parts }, { stale: () => {}, close: () => {} });
  return { path, found, reader };
}

const part: fc.Arbitrary<FilePart> = fc.oneof(
  fc.record({ type: fc.constant("bytes" as const), bytes: fc.uint8Array({ maxLength: 9 }) }),
  fc
    .tuple(fc.nat(40), fc.nat(24))
    .map(([fromByte, sizeBytes]) => ({ type: "range" as const, fromByte, sizeBytes })),
);

test("whatever is read of a file that is made of parts is what stands there in all of them together", async () => {
  const { found, reader } = await openContent();
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 6 }),
      fc.nat(80),
      fc.nat(80),
      async (parts, from, length) => {
        const whole = concat(
          parts.map((each) =>
            each.type === "bytes"
              ? each.bytes
              : CONTENT.subarray(each.fromByte, each.fromByte + each.sizeBytes),
          ),
        );
        const file = reader(parts);
        expect([file.sizeBytes, sizeOf({ ...found, parts })]).toEqual([whole.length, whole.length]);
        const into = new Uint8Array(length);
        const count = await file.read(into, from);
        expect(into.subarray(0, count)).toEqual(whole.subarray(from, from + length));
      },
    ),
  );
});

test("a part that the file does not have is an error, and so is a file that was written to", async () => {
  const { path, reader } = await openContent();
  const beyond = reader([{ type: "range", fromByte: 60, sizeBytes: 8 }]);
  await expect(beyond.read(new Uint8Array(8), 0)).rejects.toThrow(StaleFileError);
  writeFileSync(path, CONTENT.toReversed());
  const whole = reader([{ type: "range", fromByte: 0, sizeBytes: 64 }]);
  await expect(whole.read(new Uint8Array(8), 0)).rejects.toThrow(StaleFileError);
});
