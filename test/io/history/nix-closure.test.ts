import { expect, test } from "vitest";
import { askClosure, isNixAbsent, parsePathInfo } from "../../../src/io/history/nix-closure.ts";
import { ToolError } from "../../../src/io/system/run-tool.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";
const BASH = [{ name: "bash-5.2", sizeBytes: 12 }];

test.each([
  ["nix 2.8", [{ path: `/nix/store/${HASH}-bash-5.2`, narSize: 12, references: [] }]],
  ["nix 2.19", { [`/nix/store/${HASH}-bash-5.2`]: { narSize: 12 } }],
  ["nix 2.31", { [`${HASH}-bash-5.2`]: { narSize: 12, storeDir: "/nix/store" } }],
])("the answer of %s is understood", (_version, answer) => {
  expect(parsePathInfo(JSON.stringify(answer))).toEqual(BASH);
});

test("a path that nix does not have is left out, and any other answer is refused", () => {
  expect(parsePathInfo(JSON.stringify({ [`/nix/store/${HASH}-gone`]: null }))).toEqual([]);
  expect(() => parsePathInfo("error: no")).toThrow(ToolError);
  expect(() => parsePathInfo('[{"narSize": 1}]')).toThrow("cannot read");
});

test("that there is no nix is told from nix's own errors", async () => {
  const path = `/nix/store/${HASH}-bash-5.2`;
  const error = await askClosure(path, "/nix/store", { env: { PATH: "/nowhere" } }).catch((reason) => reason);
  expect(isNixAbsent(error)).toBe(true);
  expect(isNixAbsent(new ToolError("'nix' ended with 1", ""))).toBe(false);
});
