import { describe, expect, test } from "vitest";
import {
  type ConsoleBook,
  MAX_LINE,
  MAX_LINES_A_MINUTE,
  NO_CONSOLES,
  takeConsole,
} from "../../../src/boot/rpi4/console-lines.ts";

const PI = "10.77.0.145";
const bytes = (text: string) => new TextEncoder().encode(text);

/** The lines of several datagrams from one machine. */
function linesOf(texts: readonly string[], nowMs = 0): string[] {
  let book: ConsoleBook = NO_CONSOLES;
  return texts.flatMap((text) => {
    const [next, lines] = takeConsole(book, PI, bytes(text), nowMs);
    book = next;
    return [...lines];
  });
}

describe("what a Raspberry Pi says while it starts (R7)", () => {
  test("comes in pieces, and is told in lines", () => {
    expect(linesOf(["RPi: BOOTLOADER rel", "ease VERSION:abc\r\nNET_BOOT: ", "dc:a6:32 wait\n"])).toEqual([
      "RPi: BOOTLOADER release VERSION:abc",
      "NET_BOOT: dc:a6:32 wait",
    ]);
  });
  test("cannot write to the terminal of whoever reads the log", () => {
    expect(linesOf(["\x1b[2J\x1b[31mred\x07\x00\n"])).toEqual(["red"]);
  });
  test("two machines do not speak into each other", () => {
    const [first] = takeConsole(NO_CONSOLES, PI, bytes("one "), 0);
    const [, lines] = takeConsole(first, "10.77.0.146", bytes("two\n"), 0);
    expect(lines).toEqual(["two"]);
  });
  test("a line that does not end, and one that is too long, are cut", () => {
    const [book] = takeConsole(NO_CONSOLES, PI, bytes("x".repeat(10_000)), 0);
    expect(book.get(PI)?.rest).toHaveLength(MAX_LINE);
    expect(linesOf([`${"x".repeat(10_000)}\n`])[0]).toHaveLength(MAX_LINE);
  });
  test("no more than so many lines a minute are told, and that the others are left out is told once", () => {
    const flood = "a\n".repeat(MAX_LINES_A_MINUTE);
    const lines = linesOf([flood, flood, flood]);
    expect(lines).toHaveLength(MAX_LINES_A_MINUTE + 1);
    expect(lines.at(-1)).toMatch(/left out/);
  });
  test("a minute later there is room again", () => {
    const [book] = takeConsole(NO_CONSOLES, PI, bytes("a\n".repeat(2 * MAX_LINES_A_MINUTE)), 0);
    expect(takeConsole(book, PI, bytes("b\n"), 60_000)[1]).toEqual(["b"]);
  });
  test("whoever makes up addresses does not fill the memory", () => {
    let book: ConsoleBook = NO_CONSOLES;
    for (let i = 0; i < 1000; i++) [book] = takeConsole(book, `10.0.${i >> 8}.${i & 255}`, bytes("a"), 0);
    expect(book.size).toBeLessThanOrEqual(256);
  });
});
