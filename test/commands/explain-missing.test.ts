import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { explainMissing } from "../../src/commands/explain-missing.ts";
import { tempFolder } from "../support/temp-folder.ts";

test.each([
  ["nowhere", "nothing is there"],
  ["file/below", "nothing is there"],
  ["circle", "its links go in a circle"],
  ["x".repeat(300), "ENAMETOOLONG"],
])("%s: %s", async (path, expected) => {
  const folder = tempFolder();
  mkdirSync(join(folder, "image"));
  writeFileSync(join(folder, "file"), "");
  symlinkSync("circle", join(folder, "circle"));
  const error = await stat(join(folder, path)).catch((each: unknown) => each);
  expect(explainMissing(error)).toBe(expected);
});

test("what may not be seen is not called absent", () => {
  const denied = Object.assign(new Error("denied"), { code: "EACCES" });
  expect(explainMissing(denied)).toBe("this user may not see it, look at the rights of the folders above");
});
