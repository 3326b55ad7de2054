import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { formatArgument, formatArguments, formatEcho, formatScript } from "../../../src/wire/ipxe/script.ts";
import { joinArguments, readLine, readScript } from "../../support/ipxe-model.ts";

/** What `kernel URL …` would hand on, in the middle of a line and at its end. */
function readBack(text: string): string {
  const words = formatArguments(text);
  const { lines, settings } = readScript(
    formatScript([`kernel URL ${words} last || goto x`, `kernel URL ${words}`, "boot"]),
  );
  const [middle = "", end = "", next] = lines.slice(-3);
  expect(next).toBe("boot");
  const [first = [], ...others] = readLine(middle, settings);
  expect(others).toEqual([["goto", "x"]]);
  const [last = []] = readLine(end, settings);
  expect(joinArguments(first.slice(2))).toBe(`${joinArguments(last.slice(2))} last`);
  return joinArguments(last.slice(2));
}

describe("formatArguments is read back unchanged", () => {
  test.each([
    "init=/nix/store/x/init loglevel=4",
    "two  blanks   kept",
    " at the ends ",
    "systemd.run=\"echo  a\" quotes='b'",
    "a || b && c ; d",
    "# not a comment #2",
    "a#b a||b",
    "${ open",
    "${ open } in two words",
    "$ { }",
    "dollar$",
    "backslash\\",
    "tab\there",
    "line\nfeed\r\n",
    "#\t${",
    "-x --name y",
    "",
  ])("%j", (text) => {
    expect(readBack(text)).toBe(text);
  });

  test("whatever ASCII it is, unless a word has an expansion in it", () => {
    const pieces = fc.constantFrom(
      "${",
      "}",
      "${}",
      "||",
      "&&",
      ";",
      "#",
      "\\",
      " ",
      "\t",
      "\n",
      "$",
      "{",
      "-",
    );
    const character = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
    const text = fc.array(fc.oneof(pieces, character)).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (params) => {
        const refused = params.split(" ").some((word) => /\$\{.*\}/s.test(word));
        if (refused) expect(() => formatArguments(params)).toThrow(WireError);
        else expect(readBack(params)).toBe(params);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("formatArguments refuses what iPXE cannot be told", () => {
  test.each([
    ["echo=${HOME}", "iPXE would expand '${HOME}'"],
    ["nul=\0", "U+0000"],
    ["motd=schön", "U+00F6"],
    ["bell=\u0007", "U+0007"],
  ])("%j", (text, message) => {
    expect(() => formatArguments(text)).toThrow(message);
  });
});

test("formatArgument is one word, so white space is refused", () => {
  expect(formatArgument("http://10.0.0.1:8080/a#b")).toBe("http://10.0.0.1:8080/a#b");
  expect(() => formatArgument("a b")).toThrow(WireError);
});

describe("formatEcho", () => {
  test("shows any text within 80 columns, and never runs a part of it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        for (const line of formatEcho(text)) {
          const commands = readLine(line);
          expect(commands).toHaveLength(1);
          expect(commands[0]?.[0]).toBe("echo");
          expect(joinArguments(commands[0]?.slice(2) ?? []).length).toBeLessThan(80);
        }
      }),
    );
  });

  test("wraps between words and shows expansions as text", () => {
    expect(formatEcho(`${"word ".repeat(20)}end`)).toEqual([
      `echo -- ${"word ".repeat(15)}word`,
      `echo -- ${"word ".repeat(4)}end`,
    ]);
    expect(formatEcho("a ${b} ü || c")).toEqual(["echo -- a $ {b} ? ${}|| c"]);
    expect(formatEcho("")).toEqual(["echo"]);
  });
});

test("a script sets a white space character only when a word needs it", () => {
  expect(formatScript(["echo a"])).toBe("#!ipxe\necho a\n");
  expect(formatScript([`kernel u ${formatArguments("a\tb")}`])).toBe(
    "#!ipxe\nset mayfly-09:hex 09\nkernel u a${mayfly-09:string}b\n",
  );
});
