import { expect, test } from "vitest";
import { worldFailure } from "../../src/boot/world-failure.ts";

const system = (code: string) =>
  Object.assign(new Error(`${code}: no luck, open '/x'`), { code, syscall: "open", errno: -1 });

test.each(["ENOENT", "EACCES", "ENOSPC", "EMFILE"])("%s is a warning with its cure, told once", (code) => {
  expect(worldFailure("it failed", system(code))).toEqual({
    level: "warn",
    text: `it failed: ${code}: no luck, open '/x'`,
    cure: expect.any(String),
    repeats: expect.any(String),
  });
});

test("what knows its own cure says it", () => {
  const error = Object.assign(new Error("it is locked"), { cure: "stop the other one" });
  expect(worldFailure("it failed", error)).toMatchObject({ cure: "stop the other one" });
});

test("what was tried is told with the cure of what it failed by", () => {
  const error = new Error("the secret cannot be read", { cause: system("EACCES") });
  expect(worldFailure("it failed", error)).toMatchObject({
    text: "it failed: the secret cannot be read",
    cure: expect.stringContaining("let the user"),
  });
});

test.each([
  ["a mistake of ours", new TypeError("x is undefined")],
  ["an error with a code that is not the system's", Object.assign(new Error("x"), { code: "ENOENT" })],
  ["what nobody knows a cure for", system("EBADF")],
  ["what is no error", "x"],
])("%s stays a bug", (_what, error) => {
  expect(worldFailure("it failed", error)).toBeUndefined();
});
