import { describe, expect, test } from "vitest";
import { negotiate } from "../../../src/boot/tftp/tftp-negotiate.ts";
import {
  ackedBytes,
  lastBlock,
  startTransfer,
  step,
  type Transfer,
  type TransferEffect,
  type TransferEvent,
} from "../../../src/boot/tftp/transfer.ts";

const option = (name: string, value: number) => ({ name, value: String(value) });

/** Runs events one after another; gives the effects of the last one. */
function run(
  options: readonly { name: string; value: string }[],
  sizeBytes: number,
  events: readonly TransferEvent[],
) {
  let [transfer, effects] = startTransfer(negotiate(options, sizeBytes, { mtu: 1500 }), sizeBytes);
  for (const event of events) [transfer, effects] = step(transfer, event);
  return { transfer, effects };
}
const ack = (block: number): TransferEvent => ({ type: "ack", block });
const timeout: TransferEvent = { type: "timeout" };
const blocks = (effects: readonly TransferEffect[]) =>
  effects.flatMap((effect) => (effect.type === "sendBlocks" ? [[effect.first, effect.last]] : []));
const finishes = (effects: readonly TransferEffect[]) =>
  effects.flatMap((effect) => (effect.type === "finish" ? [effect.result] : []));

/** The waits of a transfer in which nothing more comes, in seconds. */
function waitsUntilGone(transfer: Transfer, effects: readonly TransferEffect[]): readonly number[] {
  if (effects.some(({ type }) => type === "finish")) {
    expect(finishes(effects)).toEqual(["timed-out"]);
    return [];
  }
  const waits = effects.flatMap((effect) => (effect.type === "armTimer" ? [effect.delayMs / 1000] : []));
  return [...waits, ...waitsUntilGone(...step(transfer, timeout))];
}

const WINDOW_4 = [option("blksize", 1000), option("windowsize", 4)];

describe("the beginning", () => {
  test("without options the first block answers the request", () => {
    expect(run([], 2000, []).effects).toEqual([
      { type: "sendBlocks", first: 1, last: 1 },
      { type: "armTimer", delayMs: 1000 },
    ]);
  });

  test("with options the OACK does, and ACK 0 starts the first window", () => {
    expect(run(WINDOW_4, 10_000, []).effects[0]).toEqual({ type: "sendOack" });
    expect(blocks(run(WINDOW_4, 10_000, [ack(0)]).effects)).toEqual([[1, 4]]);
  });

  test("an ACK of something else does not answer an OACK", () => {
    for (const block of [1, 4, 65535, 32768]) expect(run(WINDOW_4, 10_000, [ack(block)]).effects).toEqual([]);
  });
});

describe("windows (T3)", () => {
  test("an ACK of the window's end brings the next one", () => {
    expect(blocks(run(WINDOW_4, 10_000, [ack(0), ack(4)]).effects)).toEqual([[5, 8]]);
  });

  test.each([1, 2, 3])("an ACK of block %i inside the window of 4 goes back to what follows it", (block) => {
    expect(blocks(run(WINDOW_4, 10_000, [ack(0), ack(block)]).effects)).toEqual([[block + 1, block + 4]]);
  });

  test("the last window ends with the file", () => {
    expect(blocks(run(WINDOW_4, 5500, [ack(0), ack(4)]).effects)).toEqual([[5, 6]]);
  });

  test("a late ACK and one of what was not sent yet change nothing", () => {
    const { transfer, effects } = run(WINDOW_4, 20_000, [ack(0), ack(4), ack(2)]);
    expect(effects).toEqual([]);
    expect(step(transfer, ack(9))).toEqual([transfer, []]);
    expect(step(transfer, ack(5 + 32768))).toEqual([transfer, []]);
  });

  test("the same ACK twice shortens the wait, once, and sends nothing", () => {
    const doubled = run(WINDOW_4, 20_000, [ack(0), ack(4), ack(4)]);
    expect(doubled.effects).toEqual([{ type: "armTimer", delayMs: 100 }]);
    expect(step(doubled.transfer, ack(4))[1]).toEqual([]);
    const [after, effects] = step(doubled.transfer, timeout);
    expect(blocks(effects)).toEqual([[5, 8]]);
    expect(after.timeouts).toBe(0);
  });

  test("with a window of 1 the same ACK twice is ignored: the Sorcerer's Apprentice", () => {
    expect(run([], 5000, [ack(1), ack(1)]).effects).toEqual([]);
    expect(run([option("blksize", 512)], 5000, [ack(0), ack(0)]).effects).toEqual([]);
  });
});

describe("the end", () => {
  test.each([
    [0, 1],
    [511, 1],
    [512, 2],
    [513, 2],
    [1024, 3],
  ])("a file of %i bytes has %i blocks of 512, the last one not full", (sizeBytes, last) => {
    expect(lastBlock(sizeBytes, 512)).toBe(last);
  });

  test("the ACK of the last block completes", () => {
    const { transfer, effects } = run([], 600, [ack(1), ack(2)]);
    expect(finishes(effects)).toEqual(["complete"]);
    expect(ackedBytes(transfer)).toBe(600);
  });

  test("block numbers roll over to 0 (T5)", () => {
    const options = [option("blksize", 8)];
    const sizeBytes = 8 * 131_080;
    let [transfer, effects] = startTransfer(negotiate(options, sizeBytes, { mtu: 1500 }), sizeBytes);
    for (let block = 0; block <= lastBlock(sizeBytes, 8); block++) {
      [transfer, effects] = step(transfer, ack(block & 0xffff));
    }
    expect(finishes(effects)).toEqual(["complete"]);
  });
});

describe("silence (T9)", () => {
  test("is answered by sending again, at first after a second, then ever slower, and given up after half a minute", () => {
    const delays: number[] = [];
    let [transfer, effects] = startTransfer(negotiate([], 5000, { mtu: 1500 }), 5000);
    while (finishes(effects).length === 0) {
      expect(blocks(effects)).toEqual([[1, 1]]);
      for (const effect of effects) if (effect.type === "armTimer") delays.push(effect.delayMs);
      [transfer, effects] = step(transfer, timeout);
    }
    expect(finishes(effects)).toEqual(["timed-out"]);
    expect(delays).toEqual([1000, 2000, 4000, 8000, 8000, 8000]);
  });

  test.each([
    [1, Array.from({ length: 31 }, () => 1)],
    [5, [1, 2, 4, 5, 5, 5, 5, 5]],
    [255, [1, 2, 4, 8, 16, 32, 64, 128, 255, 255]],
  ])("of a client with a timeout of %i s is answered sooner at first, then as it says", (seconds, waits) => {
    let [transfer, effects] = startTransfer(
      negotiate([option("timeout", seconds)], 5000, { mtu: 1500 }),
      5000,
    );
    [transfer, effects] = step(transfer, ack(0));
    expect(waitsUntilGone(transfer, effects)).toEqual(waits);
  });

  test("of whoever never answered is borne for half a minute, whatever timeout the request names", () => {
    for (let seconds = 1; seconds <= 255; seconds++) {
      const agreed = negotiate([option("timeout", seconds)], 5000, { mtu: 1500 });
      const waitedSeconds = waitsUntilGone(...startTransfer(agreed, 5000)).reduce((sum, wait) => sum + wait);
      expect(waitedSeconds).toBeGreaterThanOrEqual(31);
      expect(waitedSeconds).toBeLessThanOrEqual(35);
    }
  });

  test("progress starts the patience anew", () => {
    const { transfer } = run([], 5000, [timeout, timeout, ack(1)]);
    expect(transfer.timeouts).toBe(0);
  });
});

describe("the client's ERROR", () => {
  const error = (code: number, message = "x"): TransferEvent => ({ type: "error", code, message });

  test("after the OACK is EDK2's size probe (T1): no failure", () => {
    const { effects } = run(WINDOW_4, 5000, [error(8, "User aborted the transfer")]);
    expect(effects).toEqual([{ type: "finish", result: "probed", reason: "User aborted the transfer" }]);
  });

  test("instead of the first ACK is a ROM's or a Raspberry Pi's probe (T1)", () => {
    expect(finishes(run([], 5000, [error(0, "Early terminate")]).effects)).toEqual(["probed"]);
    expect(finishes(run(WINDOW_4, 50_000, [ack(0), error(0)]).effects)).toEqual(["probed"]);
  });

  test("later, or with a reason of its own, is an abort", () => {
    expect(finishes(run([], 5000, [ack(1), ack(2), error(0)]).effects)).toEqual(["aborted"]);
    expect(finishes(run([], 5000, [error(3, "disk full")]).effects)).toEqual(["aborted"]);
    expect(finishes(run([], 5000, [error(5, "unknown transfer")]).effects)).toEqual(["aborted"]);
  });
});

describe("the same request again", () => {
  test("before the first ACK: our answer was lost, it is sent again", () => {
    expect(run(WINDOW_4, 5000, [{ type: "repeat" }]).effects[0]).toEqual({ type: "sendOack" });
    expect(blocks(run([], 5000, [{ type: "repeat" }]).effects)).toEqual([[1, 1]]);
  });

  test("in the midst is a late duplicate, however often it comes", () => {
    const { transfer, effects } = run([], 5000, [
      ack(1),
      ...Array<TransferEvent>(5).fill({ type: "repeat" }),
    ]);
    expect(effects).toEqual([]);
    expect(blocks(step(transfer, ack(2))[1])).toEqual([[3, 3]]);
  });

  test("after a silence of seconds is a client that starts over", () => {
    const silent = run([], 5000, [ack(1), timeout, timeout, { type: "repeat" }]);
    expect(finishes(silent.effects)).toEqual(["aborted"]);
  });

  test("for another file ends this one", () => {
    expect(finishes(run([], 5000, [ack(1), { type: "superseded" }]).effects)).toEqual(["aborted"]);
  });
});

test("packets from elsewhere are answered without disturbing the transfer, and not for ever", () => {
  const peer = { address: "10.77.0.9", port: 1234 };
  let { transfer } = run([], 5000, [ack(1)]);
  const answers: TransferEffect[] = [];
  for (let i = 0; i < 100; i++) {
    const next: readonly [Transfer, readonly TransferEffect[]] = step(transfer, { type: "stranger", peer });
    transfer = next[0];
    answers.push(...next[1]);
  }
  expect(answers).toEqual(Array(8).fill({ type: "refuseStranger", peer }));
  expect(blocks(step(transfer, ack(2))[1])).toEqual([[3, 3]]);
});

test("a file that changed under way tells the client so, and ends as stale", () => {
  const { effects } = run([], 5000, [
    ack(1),
    { type: "unreadable", result: "stale", message: "the image was changed", reason: "mtime" },
  ]);
  expect(effects).toEqual([
    { type: "sendError", code: 0, message: "the image was changed" },
    { type: "finish", result: "stale", reason: "mtime" },
  ]);
});
