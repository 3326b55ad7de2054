import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { askClosures, isNixAbsent, parsePathInfo } from "../../../src/io/history/nix-closure.ts";
import { ToolError } from "../../../src/io/system/run-tool.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";
const STORE = "/nix/store";
const bash = `${STORE}/${HASH}-bash-5.2`;

async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

test("an answer is taken in, and what is none is refused", async () => {
  const graph = await parsePathInfo(JSON.stringify({ [bash]: { narSize: 12, references: [bash] } }));
  expect(graph.closureOf(bash)).toEqual([{ name: "bash-5.2", sizeBytes: 12 }]);
  await expect(parsePathInfo("error: no")).rejects.toThrow(ToolError);
  await expect(parsePathInfo('[{"narSize": 1}]')).rejects.toThrow("cannot read");
});

test("that there is no nix is told from nix's own errors", async () => {
  const error = await collect(askClosures([bash], STORE, { env: { PATH: "/nowhere" } })).catch(
    (reason) => reason,
  );
  expect(isNixAbsent(error)).toBe(true);
  expect(isNixAbsent(new ToolError("'nix' ended with 1", ""))).toBe(false);
});

/** A program in nix's place that cannot tell of more than two at once, as one that has too much to say. */
function shortOfBreath() {
  const folder = tempFolder();
  const nix = join(folder, "nix");
  const log = join(folder, "log");
  writeFileSync(
    nix,
    `#!/bin/sh
echo "$*" >> ${log}
entries= count=0
for each; do case $each in /*) count=$((count + 1)); entries="$entries,\\"$each\\": {\\"narSize\\": 1, \\"references\\": []}";; esac; done
case "$*" in *--recursive*) [ $count -le 2 ] || exit 1;; esac
echo "{\${entries#,}}"
`,
  );
  chmodSync(nix, 0o755);
  return {
    env: { PATH: `${folder}:${process.env.PATH}` },
    calls: () => readFileSync(log, "utf8").trim().split("\n"),
  };
}

test("what cannot be told of many at once is told of fewer", async () => {
  const { env, calls } = shortOfBreath();
  const paths = ["a", "b", "c", "d", "e"].map((name) => `${STORE}/${HASH}-${name}`);
  const told: number[] = [];
  const onTold = (size: number) => told.push(size);
  const closures = await collect(askClosures(paths, STORE, { env, onTold }));
  expect(closures.map(([path]) => path)).toEqual(paths);
  expect(told).toEqual([2, 1, 2]);
  expect(calls()).toHaveLength(7);
});

test("what has no name of a store path is not asked for", async () => {
  const { env, calls } = shortOfBreath();
  const paths = [`${STORE}/${HASH}-a^out`, bash, `${STORE}/short-b`];
  const closures = await collect(askClosures(paths, STORE, { env }));
  expect(closures).toEqual([[bash, [{ name: "bash-5.2", sizeBytes: 1 }]]]);
  expect(calls()).toHaveLength(1);
});
