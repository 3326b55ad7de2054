import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Generation } from "../../../src/boot/generation.ts";
import type { GenerationRecord } from "../../../src/boot/history/record.ts";
import { startClosureFacts } from "../../../src/io/history/closure-facts.ts";
import { startHistory } from "../../../src/io/history/history.ts";
import { createLineLists } from "../../../src/io/history/line-lists.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";
import { createWorld } from "../../../src/io/world.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { watchedNix } from "../../support/watched-nix.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";

/** A nix that knows every path but those called `unknown`, and waits before it tells of one called `slow`. */
function rig() {
  const folder = tempFolder();
  const store = join(folder, "store");
  const bin = join(folder, "bin");
  const [log, asked, go] = ["log", "asked", "go"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(bin);
  execFileSync("mkfifo", [asked, go]);
  writeFileSync(
    join(bin, "nix"),
    `#!/bin/sh
echo "$*" >> ${log}
case "$*" in *-slow*) echo > ${asked}; read line < ${go};; esac
entries=
for each; do case $each in
  *-unknown*) case "$*" in *--recursive*) exit 1;; esac; entries="$entries,\\"$each\\": null";;
  /*) entries="$entries,\\"$each\\": {\\"narSize\\": 7, \\"references\\": [\\"$each\\"]}";;
esac; done
echo "{\${entries#,}}"
`,
  );
  chmodSync(join(bin, "nix"), 0o755);
  const world = createWorld();
  const history = startHistory({ world, store: createMemoryStore() });
  const errors: unknown[] = [];
  const env = { PATH: `${bin}:${process.env.PATH}` };
  const closures = createLineLists(createMemoryStore(), "closure");
  const facts = startClosureFacts({ history, closures, env, onError: (error) => errors.push(error) });
  const generation = (name: string): Generation => ({
    ...{ id: name, shape: "plain", path: `${store}/${HASH}-${name}`, initrds: [] },
    ...{ kernelParams: "", files: new Map() },
  });
  return {
    ...{ history, facts, errors, asked, go },
    publish: (name: string) => world.record({ type: "published", image: name, generation: generation(name) }),
    record: (name: string): GenerationRecord => ({
      ...{ ...generation(name), image: name, number: 1, firstMs: 1, lastMs: 1, sizeBytes: 1 },
    }),
    calls: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []),
    async close() {
      await facts.close();
      await history.close();
    },
  };
}

test("a hundred generations that are published at once take a few calls of nix, whatever it does not know", async () => {
  const { history, facts, errors, publish, calls, close } = rig();
  const names = Array.from({ length: 100 }, (_, number) =>
    number % 10 === 9 ? `unknown${number}` : `n${number}`,
  );
  for (const name of names) publish(name);
  // Which reads what was written.
  for (const name of names) await history.byNumber(name, 1);
  await facts.idle();
  const sizes = await Promise.all(names.map(async (name) => (await history.byNumber(name, 1))?.closureBytes));
  expect(sizes).toEqual(names.map((name) => (name.startsWith("unknown") ? undefined : 7)));
  // Batches of 1, 2, 8, 32, 50 and 7; those with unknown ones are asked for three times.
  expect(calls().length).toBeLessThanOrEqual(6 * 3);
  expect(await facts.closureOf((await history.byNumber("n50", 1)) as GenerationRecord)).toEqual([
    { name: "n50", sizeBytes: 7 },
  ]);
  expect(errors).toEqual([]);
  await close();
});

test("somebody who waits for one does not wait for the batch that is being asked for", async () => {
  const { history, facts, publish, record, asked, go, close } = rig();
  publish("slow");
  // Opened by the one who asks.
  await readFile(asked);
  expect(await facts.closureOf(record("other"))).toEqual([{ name: "other", sizeBytes: 7 }]);
  expect((await history.byNumber("slow", 1))?.closureBytes).toBeUndefined();
  const waiting = await open(go, "w");
  await waiting.write("\n");
  await waiting.close();
  await facts.idle();
  expect((await history.byNumber("slow", 1))?.closureBytes).toBe(7);
  await close();
});

test("whoever asks at once for the same share an answer, and others wait for their turn", async () => {
  const folder = tempFolder();
  const store = join(folder, "store");
  const entries = `
entries=
for each; do case $each in /*) entries="$entries,\\"$each\\": {\\"narSize\\": 7, \\"references\\": []}";; esac; done
echo "{\${entries#,}}"`;
  const nix = watchedNix(folder, entries);
  const world = createWorld();
  const history = startHistory({ world, store: createMemoryStore() });
  const errors: unknown[] = [];
  const closures = createLineLists(createMemoryStore(), "closure");
  const facts = startClosureFacts({
    history,
    closures,
    env: nix.env,
    onError: (error) => errors.push(error),
  });
  const record = (name: string): GenerationRecord => ({
    ...{ id: name, image: name, number: 1, firstMs: 1, lastMs: 1, sizeBytes: 1 },
    ...{ shape: "plain", path: `${store}/${HASH}-${name}`, kernelParams: "" },
  });
  const names = [...Array(20).fill("one"), "two", "three"];
  const answers = await Promise.all(names.map((name) => facts.closureOf(record(name))));
  expect(answers).toEqual(names.map((name) => [{ name, sizeBytes: 7 }]));
  expect([nix.calls().length, nix.overlaps(), errors]).toEqual([3, 0, []]);
  await facts.close();
  await history.close();
});
