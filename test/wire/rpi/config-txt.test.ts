import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONFIG_LINE_LIMIT, parseConfigTxt } from "../../../src/wire/rpi/config-txt.ts";

/** Each setting with the filters that it stands under, in one line. */
function read(text: string): string[] {
  return parseConfigTxt(text).map((line) => {
    const filters = line.filters.map((each) => `[${each.text}]`).join("");
    return line.type === "include" ? `${filters}include ${line.file}` : `${filters}${line.key}=${line.value}`;
  });
}

describe("lines", () => {
  test("settings, comments and empty lines, with any line ending", () => {
    expect(read("# comment\r\narm_64bit=1\r\n\n  kernel = Image \n")).toEqual([
      "arm_64bit=1",
      "kernel=Image",
    ]);
  });

  test("a comment is only what begins a line", () => {
    expect(read("kernel=a#b")).toEqual(["kernel=a#b"]);
  });

  test("a value may be empty, and may have equals signs", () => {
    expect(read("dtoverlay=\ndtparam=audio=on")).toEqual(["dtoverlay=", "dtparam=audio=on"]);
  });

  test("initramfs has no equals sign", () => {
    expect(read("initramfs initrd.img followkernel")).toEqual(["initramfs=initrd.img followkernel"]);
  });

  test("include names a file", () => {
    expect(read("[pi4]\ninclude extra.txt")).toEqual(["[pi4]include extra.txt"]);
  });

  test("what is behind the 98th byte of a line is ignored, and counted", () => {
    const [line] = parseConfigTxt(`kernel=${"x".repeat(CONFIG_LINE_LIMIT)}`);
    expect(line).toMatchObject({ value: "x".repeat(CONFIG_LINE_LIMIT - 7), ignoredBytes: 7 });
  });

  test("a long comment is no long line", () => {
    expect(parseConfigTxt(`#${"x".repeat(200)}\na=1`)).toMatchObject([{ ignoredBytes: 0 }]);
  });

  test("lines are counted from 1", () => {
    expect(parseConfigTxt("a=1\n\n[pi4]\nb=2").map(({ line }) => line)).toEqual([1, 4]);
  });
});

describe("filters", () => {
  test("a model replaces the model before it", () => {
    expect(read("[pi3]\na=1\n[pi4]\nb=2\n[cm4]\nc=3")).toEqual(["[pi3]a=1", "[pi4]b=2", "[cm4]c=3"]);
  });

  test("different kinds hold together until [all]", () => {
    expect(read("[EDID=VSC-TD2220]\n[PI4]\na=1\n[gpio4=1]\nb=2\n[all]\nc=3")).toEqual([
      "[EDID=VSC-TD2220][pi4]a=1",
      "[EDID=VSC-TD2220][pi4][gpio4=1]b=2",
      "c=3",
    ]);
  });

  test("[none] is ended by [all] alone", () => {
    expect(read("[none]\na=1\n[pi4]\nb=2\n[all]\nc=3")).toEqual(["[none]a=1", "[none][pi4]b=2", "c=3"]);
  });

  test("an included text stands under the filters of its include", () => {
    const filters = [{ group: "model", text: "pi4" }] as const;
    expect(parseConfigTxt("a=1\n[all]\nb=2", filters).map((line) => line.filters.length)).toEqual([1, 0]);
  });
});

test("any text is read, and every setting has a key", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const line of parseConfigTxt(text)) {
        if (line.type === "setting") expect(line.key).not.toContain("=");
      }
    }),
  );
});
