import { expect, test } from "vitest";
import { createOpenSet } from "../../src/io/open-set.ts";

function rig() {
  const done: string[] = [];
  const set = createOpenSet<string, string>({
    keyOf: (wanted) => wanted.split(" ")[0] ?? "",
    async open(wanted) {
      if (wanted.startsWith("bad")) throw new Error(`cannot open ${wanted}`);
      done.push(`open ${wanted}`);
      return wanted;
    },
    update: (opened, wanted) => void done.push(`update ${opened} to ${wanted}`),
    async close(opened) {
      done.push(`close ${opened}`);
    },
  });
  return { done, set };
}

test("only what changed is opened and closed, and what goes makes room first", async () => {
  const { done, set } = rig();
  await set.set(["a", "b"]);
  done.length = 0;
  await set.set(["c", "b 2"]);
  expect(done).toEqual(["close a", "open c", "update b to b 2"]);
  expect(set.all()).toEqual(["c", "b"]);
  await set.close();
  expect(set.all()).toEqual([]);
});

test("one that cannot be opened is told, and does not keep the others from it", async () => {
  const { set } = rig();
  await expect(set.set(["a", "bad 1", "bad2", "b"])).rejects.toThrow("cannot open bad 1");
  expect(set.all()).toEqual(["a", "b"]);
  await expect(set.set(["b", "bad 1"])).rejects.toThrow("cannot open bad 1");
  expect(set.all()).toEqual(["b"]);
});

test("calls wait for each other, so that the last one counts", async () => {
  const { done, set } = rig();
  await Promise.all([set.set(["a"]), set.set(["b"]), set.set(["c"])]);
  expect(done).toEqual(["open a", "close a", "open b", "close b", "open c"]);
  expect(set.all()).toEqual(["c"]);
});
