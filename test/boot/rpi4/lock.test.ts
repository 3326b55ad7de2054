import { describe, expect, test } from "vitest";
import { EMPTY_LOCK, formatLock, judgeHash, type Lock, parseLock } from "../../../src/boot/rpi4/lock.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);
const ADDRESS = "https://example.org/release.zip";

test("a lock file is read as it was written, sorted, so that version control shows what changed", () => {
  const lock: Lock = { downloads: { [ADDRESS]: A }, files: { "start4.elf": B, "RPI_EFI.fd": A } };
  const text = formatLock(lock);
  expect(parseLock(text)).toEqual(lock);
  expect(text.indexOf("RPI_EFI.fd")).toBeLessThan(text.indexOf("start4.elf"));
  expect(formatLock(parseLock(text))).toBe(text);
});

test.each(["", "null", "[]", "{}", '{"downloads": {}}', `{"downloads": {"x": "short"}, "files": {}}`])(
  "what is no lock file is refused: %s",
  (text) => {
    expect(() => parseLock(text)).toThrow(SyntaxError);
  },
);

describe("a download's hash", () => {
  const recorded: Lock = { downloads: { [ADDRESS]: A }, files: {} };
  const judge = (hash: string, given: string | undefined, lock: Lock) =>
    judgeHash(ADDRESS, "uefi", hash, { given, lock });

  test("that nobody knows is the first", () => {
    expect(judge(A, undefined, EMPTY_LOCK)).toEqual({ type: "first" });
  });

  test("must be the one that was recorded", () => {
    expect(judge(A, undefined, recorded)).toEqual({ type: "matches", by: "recorded" });
    expect(judge(B, undefined, recorded)).toEqual({
      type: "differs",
      reason: `${ADDRESS} has the SHA-256 ${B}, and when it was first downloaded it had ${A}; if you know that the new one is right, say --sha256 uefi=${B}`,
    });
  });

  test("must be the one that was given, whatever was recorded", () => {
    expect(judge(B, B, recorded)).toEqual({ type: "matches", by: "given" });
    expect(judge(A, B, recorded)).toMatchObject({
      type: "differs",
      reason: expect.stringContaining(`--sha256 wants ${B}`),
    });
  });
});
