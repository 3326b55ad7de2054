/** What goes wrong at our own end is neither the machine's memory nor its cable. */

import { describe, expect, test } from "vitest";
import type { Case } from "../../../src/boot/diagnosis/case.ts";
import { diagnose } from "../../../src/boot/diagnosis/diagnose.ts";
import type { BootEvent } from "../../../src/boot/event.ts";
import {
  codes,
  FIRMWARE_FETCHED,
  later,
  MINUTE_MS,
  REFUSED,
  UP_TO_SCRIPT,
} from "../../support/boot-cases.ts";
import {
  CHAIN,
  dhcp,
  ended,
  INITRD,
  KERNEL,
  OVMF_BOOT,
  script,
  sessionTable,
  started,
  type Timed,
  UEFI,
} from "../../support/boot-events.ts";
import { GENERATION } from "../../support/worlds.ts";

const KERNEL_BYTES = 12_400_000;
const INITRD_BYTES = 345_000_000;
const AGAIN: Timed = [5000, script(undefined, { attempt: 2 })];

function unread(reason: string): readonly Timed[] {
  const end = ended(KERNEL, KERNEL_BYTES, {}, "failed", 5_000_000);
  return [
    [20, started(KERNEL, KERNEL_BYTES)],
    [900, { ...end, reason } as BootEvent],
  ];
}

describe("a file that is not there, or cannot be read", () => {
  test("is told with the reason, however often it is asked for", () => {
    const once = later([...UP_TO_SCRIPT, REFUSED]);
    const expected = [
      {
        code: "not-served",
        certainty: "certain",
        what: expect.stringContaining(`generation ${GENERATION.id} has no file bzImage-x`),
      },
    ];
    expect(diagnose(once)).toMatchObject(expected);
    expect(diagnose(later([...UP_TO_SCRIPT, REFUSED, AGAIN, REFUSED, AGAIN, REFUSED]))).toMatchObject(
      expected,
    );
    expect(diagnose({ ...once, earlier: [once.session, once.session] })).toMatchObject(expected);
  });

  test("is told with the disk's own word, however often it breaks", () => {
    const EIO = unread("EIO: i/o error, read");
    for (const times of [1, 2, 3]) {
      const all = Array.from({ length: times }, () => [AGAIN, ...EIO]).flat();
      expect(diagnose(later([...UP_TO_SCRIPT, ...all]))).toMatchObject([
        { code: "not-served", what: expect.stringContaining("EIO: i/o error, read") },
      ]);
    }
  });

  test("ends its sentence as every other does, whatever the reason ends with", () => {
    const [first] = diagnose(later([...UP_TO_SCRIPT, ...unread("nobody knows.")]));
    expect(first?.what).toMatch(/: nobody knows$/);
  });

  test("is nothing to a machine that went on without it", () => {
    const end = ended("autoexec.ipxe", 800, {}, "failed");
    const unreadAutoexec: readonly Timed[] = [
      [900, started("autoexec.ipxe", 800)],
      [5, { ...end, reason: "EIO: i/o error, read" } as BootEvent],
    ];
    expect(codes(later([...FIRMWARE_FETCHED, ...unreadAutoexec]))[0]).toBe("not-served");
    const went = [...FIRMWARE_FETCHED, ...unreadAutoexec, ...OVMF_BOOT.slice(10, 13)];
    expect(codes(later(went))).toEqual(["kernel-not-fetched"]);
  });

  test("is gone where the file system says so", () => {
    expect(codes(later([...UP_TO_SCRIPT, ...unread("ENOENT: no such file or directory")]))).toEqual([
      "generation-gone",
    ]);
  });

  test("counts for no machine that has too little memory", () => {
    const breaks: readonly Timed[] = [
      AGAIN,
      [20, started(KERNEL, KERNEL_BYTES)],
      [900, ended(KERNEL, KERNEL_BYTES, {}, "aborted", 5_000_000)],
    ];
    const failed = unread("EIO: i/o error, read");
    expect(codes(later([...UP_TO_SCRIPT, ...failed, AGAIN, ...failed, ...breaks]))).toEqual([
      "file-broke-off",
    ]);
    expect(codes(later([...UP_TO_SCRIPT, ...breaks, ...breaks]))).toEqual(["image-too-large"]);
  });
});

describe("a server that is stopped in the middle", () => {
  const DOWN_MS = 5 * MINUTE_MS;

  /** The initrd is on its way when the server is stopped. */
  function afterRestart(events: readonly Timed[], quietMs: number): Case {
    const table = sessionTable();
    table.take(...OVMF_BOOT.slice(0, 16));
    table.restart(DOWN_MS);
    const runsSinceMs = table.now();
    table.take(...events);
    const nowMs = table.now() + quietMs;
    return { session: table.session(), earlier: [], nowMs, runsSinceMs, generation: GENERATION };
  }

  test("is what a machine is told to have died of that does not come back", () => {
    expect(diagnose(afterRestart([], MINUTE_MS))).toMatchObject([
      { code: "not-served", what: expect.stringContaining("this server was stopped while it sent") },
    ]);
  });

  test("is nothing while the machine may yet come back: nobody heard it while we were away", () => {
    expect(codes(afterRestart([], 30_000))).toEqual([]);
  });

  test("is nothing where the machine has come for its files again", () => {
    const fetched = OVMF_BOOT.slice(13);
    expect(codes(afterRestart([AGAIN, ...fetched], MINUTE_MS))).toEqual([]);
  });

  test("is not what keeps a machine that has come back from its files", () => {
    expect(codes(afterRestart([AGAIN], MINUTE_MS))).toEqual(["kernel-not-fetched"]);
  });

  test("is why the boot failed of a machine that has begun anew", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT.slice(0, 16));
    table.restart(DOWN_MS);
    table.take([1000, dhcp(UEFI, CHAIN)]);
    const [failed] = table.told.filter(({ session }) => session.outcome === "failed");
    if (failed === undefined) throw new Error("the boot before has no end");
    expect(codes({ session: failed.session, earlier: [], nowMs: table.now() })).toEqual(["not-served"]);
  });

  test("that says so by itself at its end is no machine's doing either", () => {
    const end = ended(INITRD, INITRD_BYTES, {}, "failed", 1_000_000);
    const stopped: Timed = [900, { ...end, reason: "the server was stopped" } as BootEvent];
    const boot = later([...OVMF_BOOT.slice(0, 16), stopped]);
    expect(diagnose(boot)).toMatchObject([
      { code: "not-served", what: expect.stringContaining("this server was stopped while it sent") },
    ]);
  });
});
