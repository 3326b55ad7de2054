import { expect, test } from "vitest";
import { createProgress, formatProgress } from "../../src/commands/rpi4-progress.ts";

test("a bar for a terminal", () => {
  expect(formatProgress("uefi", 1_800_000, 3_600_000)).toBe("uefi [############············] 50 % of 3.6 MB");
  expect(formatProgress("uefi", 3_600_000, 3_600_000)).toBe(
    "uefi [########################] 100 % of 3.6 MB",
  );
  expect(formatProgress("uefi", 1_800_000, undefined)).toBe("uefi 1.8 MB");
});

function shown(isTTY: boolean, total: number | undefined): string {
  const written: string[] = [];
  const progress = createProgress("uefi", { isTTY, write: (text) => void written.push(text) });
  for (let bytes = 0; bytes <= 16_000_000; bytes += 1_000_000) progress.onProgress(bytes, total);
  progress.done();
  return written.join("");
}

test("on a terminal one line that is written over, and gone in the end", () => {
  const text = shown(true, 16_000_000);
  expect(text).not.toContain("\n");
  expect(text.endsWith("\r\x1b[K")).toBe(true);
});

test("elsewhere a line at each quarter", () => {
  expect(shown(false, 16_000_000).split("\n")).toEqual([
    "uefi: 0.0 MB of 16.0 MB",
    "uefi: 4.0 MB of 16.0 MB",
    "uefi: 8.0 MB of 16.0 MB",
    "uefi: 12.0 MB of 16.0 MB",
    "uefi: 16.0 MB of 16.0 MB",
    "",
  ]);
});

test("elsewhere a line for each 4 MiB where the length is not known", () => {
  expect(shown(false, undefined).split("\n")).toHaveLength(5);
});
