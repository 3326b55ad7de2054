import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CpioEntry, encodeCpio } from "../../src/lab/cpio.ts";

interface ReadRecord {
  readonly path: string;
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly content: string;
}

/** Reads an archive as cpio(5) describes it, apart from the writer. */
function readCpio(archive: Uint8Array): ReadRecord[] {
  const bytes = Buffer.from(archive);
  const records: ReadRecord[] = [];
  for (let at = 0; ; ) {
    expect(bytes.toString("latin1", at, at + 6)).toBe("070701");
    const field = (index: number) =>
      Number.parseInt(bytes.toString("latin1", at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const nameEnd = at + 110 + field(11);
    const contentStart = Math.ceil(nameEnd / 4) * 4;
    const contentEnd = contentStart + field(6);
    const path = bytes.toString("utf8", at + 110, nameEnd - 1);
    if (path === "TRAILER!!!") {
      expect(Math.ceil(contentEnd / 4) * 4).toBe(bytes.length);
      return records;
    }
    const content = bytes.toString("latin1", contentStart, contentEnd);
    records.push({ path, inode: field(0), mode: field(1), links: field(4), content });
    at = Math.ceil(contentEnd / 4) * 4;
  }
}

const path = fc.stringMatching(/^[a-z]{1,9}(\/[a-z.]{1,9}){0,2}$/);
const entry: fc.Arbitrary<CpioEntry> = fc.oneof(
  fc.record({ type: fc.constant("folder" as const), path }),
  fc.record({
    type: fc.constant("file" as const),
    path,
    content: fc.uint8Array({ maxLength: 40 }),
    mode: fc.constantFrom(0o644, 0o755),
  }),
  fc.record({ type: fc.constant("link" as const), path, target: path }),
);

describe("encodeCpio", () => {
  test("an independent reader finds every entry as it was given, in its order", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        const read = readCpio(encodeCpio(entries)).map(({ path, mode, content }) => ({
          path,
          mode,
          content,
        }));
        expect(read).toEqual(entries.map(expected));
      }),
    );
  });

  test("K4: no two entries share an inode number, so that none is taken for a hard link of another", () => {
    const file = { type: "file", path: "a", content: new Uint8Array([1]), mode: 0o644 } as const;
    const records = readCpio(encodeCpio([file, { ...file, path: "b" }, { type: "folder", path: "c" }]));
    expect(new Set(records.map(({ inode }) => inode)).size).toBe(3);
    expect(records.map(({ links }) => links)).toEqual([1, 1, 2]);
  });
});

function expected(entry: CpioEntry): Pick<ReadRecord, "path" | "mode" | "content"> {
  switch (entry.type) {
    case "folder":
      return { path: entry.path, mode: 0o040755, content: "" };
    case "file":
      return {
        path: entry.path,
        mode: 0o100000 | entry.mode,
        content: Buffer.from(entry.content).toString("latin1"),
      };
    case "link":
      return { path: entry.path, mode: 0o120777, content: entry.target };
  }
}
