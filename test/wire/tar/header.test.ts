import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { BLOCK_BYTES, decodePaxRecords, decodeTarHeader } from "../../../src/wire/tar/header.ts";
import { tarEntry } from "../../support/tar-file.ts";
import { tempFolder } from "../../support/temp-folder.ts";

describe("a tar header", () => {
  test.each(["gnu", "ustar", "pax", "v7"])(
    "as tar writes it in format %s tells name, type and size",
    (format) => {
      const folder = tempFolder();
      mkdirSync(join(folder, "a"));
      writeFileSync(join(folder, "a/bzImage"), "x".repeat(700));
      symlinkSync("bzImage", join(folder, "a/link"));
      const args = ["--format", format, "--sort=name", "-cf", "-", "-C", folder, "a"];
      const archive = new Uint8Array(spawnSync("tar", args).stdout);
      const found: unknown[] = [];
      for (let at = 0; ; ) {
        const header = decodeTarHeader(archive.subarray(at, at + BLOCK_BYTES));
        if (header === undefined) break;
        if (!header.type.startsWith("pax")) found.push(header);
        at += BLOCK_BYTES * (1 + Math.ceil(header.sizeBytes / BLOCK_BYTES));
      }
      expect(found).toEqual([
        { name: "a/", type: "folder", sizeBytes: 0, target: "" },
        { name: "a/bzImage", type: "file", sizeBytes: 700, target: "" },
        { name: "a/link", type: "link", sizeBytes: 0, target: "bzImage" },
      ]);
    },
  );

  test("reads a size that octal has no room for", () => {
    const block = tarEntry({ name: "initrd", sizeBytes: 20_000_000_000 });
    expect(decodeTarHeader(block.subarray(0, BLOCK_BYTES))?.sizeBytes).toBe(20_000_000_000);
  });

  test("puts a name together from its two parts", () => {
    const block = tarEntry({ name: "bzImage", prefix: "some/where" });
    expect(decodeTarHeader(block.subarray(0, BLOCK_BYTES))?.name).toBe("some/where/bzImage");
  });

  test("gives a value, nothing, or a WireError for any block", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: BLOCK_BYTES, maxLength: BLOCK_BYTES }), (block) => {
        try {
          decodeTarHeader(block);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

describe("pax records", () => {
  const record = (key: string, value: string) => {
    const rest = new TextEncoder().encode(` ${key}=${value}\n`).length;
    const length = [1, 2, 3, 4]
      .map((digits) => digits + rest)
      .find((sum) => String(sum).length + rest === sum);
    return `${length} ${key}=${value}\n`;
  };

  test("are read as they are written, whatever a value has in it", () => {
    const key = fc.stringMatching(/^[a-zA-Z.]{1,12}$/);
    fc.assert(
      fc.property(fc.dictionary(key, fc.string({ unit: "grapheme", maxLength: 50 })), (records) => {
        const text = Object.entries(records)
          .map(([name, value]) => record(name, value))
          .join("");
        expect(Object.fromEntries(decodePaxRecords(new TextEncoder().encode(text)))).toEqual({ ...records });
      }),
    );
  });

  test("that are anything else are a WireError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
        try {
          decodePaxRecords(data);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
