import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/boot/diagnosis/diagnose.ts";
import type { BootEvent } from "../../../src/boot/event.ts";
import {
  checkedIn,
  ended,
  INITRD,
  KERNEL,
  OVMF_BOOT,
  overheard,
  PEER,
  type SessionTable,
  script,
  sessionTable,
  started,
  type Timed,
} from "../../support/boot-events.ts";
import { BETA_MAC, GENERATION } from "../../support/worlds.ts";

const KERNEL_BYTES = 12_400_000;
const INITRD_BYTES = 345_000_000;

/** A machine that has its script. */
function scripted(...timed: readonly Timed[]): SessionTable {
  const table = sessionTable();
  table.take(...OVMF_BOOT.slice(0, 13), ...timed);
  return table;
}

const KERNEL_ARRIVES: readonly Timed[] = OVMF_BOOT.slice(13, 15);
const brokenOff = (path: string, sizeBytes: number, sentBytes: number): readonly Timed[] => [
  [10, started(path, sizeBytes)],
  [9000, ended(path, sizeBytes, {}, "aborted", sentBytes)],
];
const again = (attempt: number): Timed => [5000, script(undefined, { attempt })];
/** The Linux on its disk, which no firmware takes for its own. */
const DISK: Timed = [40_000, overheard()];

describe("a machine that falls back to its disk is not handed over, and what kept it from its image is told:", () => {
  test("its initrd broke off in each attempt", () => {
    const initrd = brokenOff(INITRD, INITRD_BYTES, 150_000_000);
    const attempts = [2, 3].flatMap((attempt) => [again(attempt), ...KERNEL_ARRIVES, ...initrd]);
    const table = scripted(...KERNEL_ARRIVES, ...initrd, ...attempts, DISK);
    expect(table.session().outcome).toBe("under-way");
    table.tick(600_000);
    expect(table.session().outcome).toBe("failed");
    const boot = { session: table.session(), earlier: [], nowMs: table.now(), generation: GENERATION };
    expect(diagnose(boot).map(({ code }) => code)).toEqual(["image-too-large"]);
  });

  test("its kernel was refused", () => {
    const refused: BootEvent = {
      ...{ type: "refused", via: "http", peer: PEER, mac: BETA_MAC, path: KERNEL },
      ...{ reason: "not kept any more", expected: false },
    };
    expect(scripted([10, refused], DISK).session().outcome).toBe("under-way");
  });

  test("its kernel broke off before its first byte", () => {
    expect(scripted(...brokenOff(KERNEL, KERNEL_BYTES, 0), DISK).session().outcome).toBe("under-way");
  });

  test("in none of its attempts a request for a file arrived", () => {
    const table = scripted(again(2), again(3), DISK);
    expect(table.session().outcome).toBe("under-way");
    const boot = { session: table.session(), earlier: [], nowMs: table.now() + 60_000 };
    expect(diagnose(boot).map(({ code }) => code)).toEqual(["kernel-not-fetched"]);
  });
});

describe("the system that was booted hands over", () => {
  test("where all files came from a cache between", () => {
    expect(scripted(DISK).session().outcome).toBe("handed-over");
    expect(scripted(DISK, [20_000, checkedIn()]).session().outcome).toBe("checked-in");
  });

  test("where one of them did", () => {
    expect(scripted(...KERNEL_ARRIVES, DISK).session().outcome).toBe("handed-over");
  });

  test("where an attempt before has failed", () => {
    const table = scripted(...brokenOff(KERNEL, KERNEL_BYTES, 500), again(2), ...KERNEL_ARRIVES, DISK);
    expect(table.session().outcome).toBe("handed-over");
  });

  test("where it fetched the same file once more", () => {
    const table = scripted(...brokenOff(KERNEL, KERNEL_BYTES, 0), ...KERNEL_ARRIVES, DISK);
    expect(table.session().outcome).toBe("handed-over");
  });

  test("where its word that it has the last block over TFTP was lost", () => {
    const table = scripted(...KERNEL_ARRIVES);
    const blocks = { sizeBytes: 1468, acked: Math.floor(INITRD_BYTES / 1468) };
    const end = ended(INITRD, INITRD_BYTES, { via: "tftp" }, "timed-out", blocks.acked * blocks.sizeBytes);
    table.take([10, started(INITRD, INITRD_BYTES, { via: "tftp" })]);
    table.take([9000, { ...end, blocks } as BootEvent], DISK);
    expect(table.session().outcome).toBe("handed-over");
  });
});
