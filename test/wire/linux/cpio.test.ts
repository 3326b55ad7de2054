import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCpio } from "../../../src/lab/cpio.ts";
import { concat } from "../../../src/wire/bytes.ts";
import { WireError } from "../../../src/wire/error.ts";
import { frameCpioFile } from "../../../src/wire/linux/cpio.ts";

test("a file between head and tail is the archive that another encoder makes of it, but for inode and mode", () => {
  const path = fc.stringMatching(/^[a-z.]{1,12}$/);
  fc.assert(
    fc.property(path, fc.uint8Array({ maxLength: 40 }), (name, content) => {
      const { head, tail } = frameCpioFile(name, content.length);
      const other = encodeCpio([{ type: "file", path: name, content, mode: 0o444 }]);
      const ours = concat([head, content, tail]);
      const plain = (archive: Uint8Array) => archive.map((byte, at) => (at >= 6 && at < 14 ? 48 : byte));
      const upper = (archive: Uint8Array) => new TextDecoder().decode(archive).toUpperCase();
      expect(upper(plain(ours))).toBe(upper(plain(other)));
    }),
  );
});

test("a file that the form has no room for is refused", () => {
  expect(() => frameCpioFile("a", 2 ** 32)).toThrow(WireError);
  expect(frameCpioFile("a", 2 ** 32 - 1).head).toHaveLength(112);
});
