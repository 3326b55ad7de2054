import { expect, test } from "vitest";
import type { TransferResult } from "../../../src/boot/event.ts";
import {
  CHAIN,
  dhcp,
  ended,
  INITRD,
  OVMF_BOOT,
  script,
  sessionTable,
  started,
  type Timed,
  UEFI,
} from "../../support/boot-events.ts";

const INITRD_BYTES = 345_000_000;
/** Up to the initrd, which is being sent. */
const FETCHING = OVMF_BOOT.slice(0, 16);

const end = (afterMs: number, durationMs: number, result: TransferResult, sentBytes?: number): Timed => {
  const event = ended(INITRD, INITRD_BYTES, {}, result, sentBytes);
  return [afterMs, { ...event, durationMs } as typeof event];
};

/** A machine that was reset while its initrd was sent, and is being sent it anew. */
function resetAndFetching() {
  const table = sessionTable();
  table.take(...FETCHING, [5000, dhcp(UEFI, CHAIN)], ...FETCHING.slice(1));
  return table;
}

test.each(["timed-out", "aborted"] as const)(
  "the end of a connection from before a reset, which was %s, is none of the boot that fetches the same file",
  (result) => {
    const table = resetAndFetching();
    // The old one began 5 s before the new boot did, which took 7 s to here.
    table.take(end(10_000, 22_000, result, 30_000_000));
    expect(table.session().steps.at(-1)).toMatchObject({ stage: "initrd", path: INITRD });
    expect(table.session().steps.at(-1)).not.toHaveProperty("endMs");
    table.take(end(20_000, 30_000, "complete"));
    expect(table.session().outcome).toBe("handed-over");
    expect(table.session().steps.at(-1)).toMatchObject({ result: "complete", sentBytes: INITRD_BYTES });
  },
);

test("the end of a connection of an attempt before ends that attempt's step, whichever of both ends first", () => {
  const late = (table: ReturnType<typeof sessionTable>) =>
    table
      .session()
      .steps.filter(({ stage }) => stage === "initrd")
      .map(({ result }) => result);
  const oldFirst = sessionTable();
  const anew: readonly Timed[] = [
    ...[[30_000, script(undefined, { attempt: 2 })] as const, ...OVMF_BOOT.slice(13, 15)],
    [10, started(INITRD, INITRD_BYTES)],
  ];
  oldFirst.take(...FETCHING, ...anew, end(5000, 35_430, "timed-out", 30_000_000));
  expect(late(oldFirst)).toEqual(["timed-out", undefined]);
  oldFirst.take(end(5000, 10_000, "complete"));
  expect(late(oldFirst)).toEqual(["timed-out", "complete"]);
  expect(oldFirst.session().outcome).toBe("handed-over");

  const newFirst = sessionTable();
  newFirst.take(...FETCHING, ...anew, end(10_000, 10_000, "complete"));
  expect(late(newFirst)).toEqual([undefined, "complete"]);
  newFirst.take(end(100_000, 140_430, "timed-out", 30_000_000));
  expect(late(newFirst)).toEqual(["timed-out", "complete"]);
});
