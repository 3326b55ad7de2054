import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../../src/wire/crc32.ts";
import { WireError } from "../../../src/wire/error.ts";
import { escapeMacros, formatPxeConfig } from "../../../src/wire/u-boot/pxe-config.ts";
import { decodeScriptImage, encodeScriptImage } from "../../../src/wire/u-boot/script-image.ts";

test("the checksum is that of zlib", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void expect(crc32(bytes)).toBe(zlibCrc32(bytes))));
});

describe("a script image", () => {
  test("has the magic number, the type and its two lengths where U-Boot looks", () => {
    const image = encodeScriptImage({ name: "Mayfly", script: "echo a\n" });
    const view = new DataView(image.buffer);
    expect(view.getUint32(0).toString(16)).toBe("27051956");
    expect([image[28], image[29], image[30], image[31]]).toEqual([5, 22, 6, 0]);
    expect([view.getUint32(12), view.getUint32(64), view.getUint32(68)]).toEqual([15, 7, 0]);
  });

  test("is read back as it was", () => {
    const script = fc.record({ name: fc.stringMatching(/^[ -~]{0,32}$/), script: fc.string() });
    fc.assert(fc.property(script, (it) => void expect(decodeScriptImage(encodeScriptImage(it))).toEqual(it)));
  });

  test("with any byte changed is refused", () => {
    const image = encodeScriptImage({ name: "Mayfly", script: "echo a\n" });
    fc.assert(
      fc.property(fc.nat(image.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = image.map((byte, index) => (index === at ? byte ^ flip : byte));
        expect(() => decodeScriptImage(changed)).toThrow(WireError);
      }),
    );
  });
});

/** What U-Boot makes of a command line: common/cli_simple.c, where no variable is set. */
function expandMacros(text: string): string {
  let state: "plain" | "dollar" | "name" | "quoted" = "plain";
  let previous = "";
  let out = "";
  for (let at = 0; at < text.length; at++) {
    let character = text[at] ?? "";
    if (state !== "quoted" && character === "\\" && previous !== "\\") {
      if (++at === text.length) break;
      previous = character;
      character = text[at] ?? "";
    }
    if (state === "plain") {
      if (character === "'" && previous !== "\\") state = "quoted";
      else if (character === "$" && previous !== "\\") state = "dollar";
      else out += character;
    } else if (state === "dollar") {
      state = character === "(" || character === "{" ? "name" : "plain";
      if (state === "plain") out += `$${character}`;
    } else if (state === "name") {
      if (character === ")" || character === "}") state = "plain";
    } else if (character === "'" && previous !== "\\") {
      state = "plain";
    } else {
      out += character;
    }
    previous = character;
  }
  return out;
}

describe("a configuration", () => {
  test("names the initrd before the command line, in which U-Boot would look for one", () => {
    const config = formatPxeConfig({
      kernel: "media/g/Image",
      initrd: "media/g/initrd",
      append: "initrd=x a",
    });
    expect(config.split("\n")).toEqual([
      ...["default mayfly", "prompt 0", "label mayfly"],
      ...["kernel media/g/Image", "initrd media/g/initrd", "append initrd=x a", ""],
    ]);
  });

  test("keeps a command line as it is through U-Boot's expansion", () => {
    const hostile = fc.string({ unit: fc.constantFrom("\\", "'", "$", "{", "}", "(", ")", "a", " ", '"') });
    fc.assert(
      fc.property(hostile, (line) => void expect(expandMacros(escapeMacros(line))).toBe(line)),
      {
        numRuns: 2000,
      },
    );
  });

  test.each([
    ["a name that U-Boot would cut off", `media/${"g".repeat(120)}/Image`, "WIRE_BAD_LENGTH"],
    ["a name with a blank", "media/g/my kernel", "WIRE_BAD_VALUE"],
  ])("refuses %s", (_what, kernel, code) => {
    const format = () => formatPxeConfig({ kernel, append: "" });
    expect(format).toThrow(expect.objectContaining({ name: "WireError", code }));
  });
});
