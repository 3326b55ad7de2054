import { afterEach, expect, test, vi } from "vitest";
import { createLogOutput } from "../../src/io/log-output.ts";

/** A disk with room for so many bytes, or a reader that takes no more of them. */
function disk(bytes: number, code = "ENOSPC") {
  let room = bytes;
  let text = "";
  return {
    text: () => text,
    makeRoom(more: number) {
      room += more;
    },
    write(given: Uint8Array): number {
      if (room === 0) throw Object.assign(new Error(`${code}: it is full, write`), { code });
      const taken = Math.min(room, given.length);
      text += Buffer.from(given.subarray(0, taken)).toString();
      room -= taken;
      return taken;
    },
  };
}

/** One that nobody ends tries to write for as long as its process lives. */
const begun: (() => void)[] = [];
afterEach(() => {
  for (const end of begun.splice(0)) end();
});

function outputOn({ write, makeRoom }: ReturnType<typeof disk>, keepBytes = 100) {
  const told: unknown[] = [];
  const output = createLogOutput({
    ...{ write, keepBytes, retryMs: 1 },
    unwritable: (error) => told.push(error.message),
    writable: (lost) => told.push(lost),
  });
  begun.push(() => {
    makeRoom(1000);
    output.end();
  });
  return { output, told };
}

const FULL = "ENOSPC: it is full, write";

test("what a full disk does not take is kept, and written when there is room again", async () => {
  const full = disk(8);
  const { output, told } = outputOn(full);
  output.write("one\n");
  output.write("two\nthree\n");
  output.write("four\n");
  expect(full.text()).toBe("one\ntwo\n");
  expect(told).toEqual([FULL]);
  full.makeRoom(1000);
  await vi.waitFor(() => expect(full.text()).toBe("one\ntwo\nthree\nfour\n"));
  expect(told).toEqual([FULL, 0]);
});

test("a line that was written in part is ended before any other begins", async () => {
  const full = disk(6);
  const { output } = outputOn(full, 4);
  output.write("one\ntwo\n");
  output.write("three\n");
  expect(full.text()).toBe("one\ntw");
  full.makeRoom(1000);
  await vi.waitFor(() => expect(full.text()).toBe("one\ntwo\n"));
  output.write("four\n");
  expect(full.text()).toBe("one\ntwo\nfour\n");
});

test("no more is kept than there is a bound for, and it is told how many lines were lost", async () => {
  const full = disk(0);
  const { output, told } = outputOn(full, 10);
  for (let count = 0; count < 100; count++) output.write("12345678\n1\n");
  full.makeRoom(1000);
  await vi.waitFor(() => expect(told).toEqual([FULL, 199]));
  output.write("on\n");
  expect(full.text()).toBe("12345678\non\n");
});

test("the bound counts for lines that come all at once, too", async () => {
  const full = disk(2);
  const { output, told } = outputOn(full, 10);
  output.write("one\ntwo\nthree\nfour\nfive\n");
  full.makeRoom(1000);
  await vi.waitFor(() => expect(told).toEqual([FULL, 3]));
  expect(full.text()).toBe("one\ntwo\n");
});

test("a reader that is slow is not waited for, and no trouble while nothing is lost", async () => {
  const slow = disk(0, "EAGAIN");
  const { output, told } = outputOn(slow, 10);
  output.write("12345678\n");
  expect(told).toEqual([]);
  slow.makeRoom(9);
  await vi.waitFor(() => expect(slow.text()).toBe("12345678\n"));
  expect(told).toEqual([]);
  output.write("12345678\n");
  output.write("12345678\n");
  expect(told).toEqual(["EAGAIN: it is full, write"]);
  slow.makeRoom(1000);
  await vi.waitFor(() => expect(told).toEqual(["EAGAIN: it is full, write", 1]));
});

test("at the end a slow reader gets all of it, as long as it goes on reading", () => {
  let calls = 0;
  const taken: string[] = [];
  const write = (bytes: Uint8Array): number => {
    if (++calls % 2 === 1) throw Object.assign(new Error("EAGAIN"), { code: "EAGAIN" });
    taken.push(Buffer.from(bytes.subarray(0, 4)).toString());
    return Math.min(4, bytes.length);
  };
  const output = createLogOutput({ write, unwritable: () => {}, writable: () => {} });
  output.write("one\ntwo\n");
  output.end();
  expect(taken.join("")).toBe("one\ntwo\n");
});

test("at the end a disk that is full and a reader that is stuck are let go", () => {
  for (const code of ["ENOSPC", "EAGAIN"]) {
    const { output } = outputOn(disk(0, code));
    output.write("one\n");
    output.end();
    expect(output.write("two\n")).toBeUndefined();
  }
});
