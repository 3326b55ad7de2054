import { expect, test } from "vitest";
import { createTerminalText } from "../../src/lab/terminal-text.ts";

function shown(...pieces: string[]) {
  const terminal = createTerminalText();
  const lines = pieces.flatMap((piece) => [...terminal.add(piece)]);
  return { lines, text: terminal.text() };
}

test("lines are told when they are complete, without their ends", () => {
  expect(shown("one\r\ntw", "o\r\nthr")).toEqual({ lines: ["one", "two"], text: "one\ntwo\nthr" });
});

test("what is stepped back over is written over, as iPXE's progress and SeaBIOS' doubled characters", () => {
  expect(shown("initrd... 8%\b\b90%\b\b\b ok\n").text).toBe("initrd...  ok\n");
  expect(shown("TX\bXE").text).toBe("TXE");
  expect(shown("\b\bstart").text).toBe("start");
});

test("SeaBIOS sends the cursor a step back on its row, and writes on from there", () => {
  const before = `${"x".repeat(62)}1E`;
  expect(shown(`${before}E\x1b[05;65HF0\n`).lines).toEqual([`${before}F0`]);
});

test("what stands before the cursor is still shown", () => {
  expect(shown("bzImage... 42%\b\b\b").text).toBe("bzImage... 42%");
});

test("a carriage return begins the line again, and what is longer stays", () => {
  expect(shown("wait 10\rgo\n").lines).toEqual(["goit 10"]);
});

test("escape sequences are left out, also one that comes in two pieces", () => {
  expect(shown("\x1b[2J\x1b[01;01H>>Start PXE", " over\x1b[", "0m IPv4.\n").lines).toEqual([
    ">>Start PXE over IPv4.",
  ]);
});
