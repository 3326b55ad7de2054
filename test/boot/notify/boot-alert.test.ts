import { describe, expect, test } from "vitest";
import { bootAlert, STANDS_STILL_MS, standsStill } from "../../../src/boot/notify/boot-alert.ts";
import { boot, NOT_FETCHED, START_MS } from "../../support/alerts.ts";

describe("which boots are told of", () => {
  test("one that failed, with its cause and the cure", () => {
    expect(bootAlert(boot("failed"), NOT_FETCHED, START_MS)).toMatchObject({
      ...{ kind: "boot-failed", subject: "beta", boot: "0loyw3v28-abc123", cause: "kernel-not-fetched" },
      ...{ text: NOT_FETCHED.what, cure: NOT_FETCHED.cure },
    });
  });
  test("one that failed and nobody knows why", () => {
    expect(bootAlert(boot("failed"), undefined, START_MS)?.text).toMatch(/^it stopped before/);
  });
  test("one that got nothing although it has a host", () => {
    expect(bootAlert(boot("turned-away"), undefined, START_MS)?.text).toMatch(/there is nothing for it/);
  });
  test("one that has everything and has not said that it is up", () => {
    const diagnosis = { ...NOT_FETCHED, code: "no-check-in" as const };
    expect(bootAlert(boot("handed-over"), diagnosis, START_MS)?.kind).toBe("boot-failed");
  });
  test("one that is up and misses something is another matter", () => {
    const diagnosis = { ...NOT_FETCHED, code: "not-well" as const };
    expect(bootAlert(boot("checked-in"), diagnosis, START_MS)?.kind).toBe("not-well");
  });
  test("a good one is not", () => {
    expect(bootAlert(boot("checked-in"), undefined, START_MS)).toBeUndefined();
    expect(bootAlert(boot("handed-over"), undefined, START_MS)).toBeUndefined();
  });
  test("a machine without a host is an unknown one, and no boot that failed", () => {
    const { host: _host, ...stranger } = boot("failed");
    expect(bootAlert(stranger, NOT_FETCHED, START_MS)).toBeUndefined();
  });
});

describe("a boot that stands still", () => {
  const diagnosed = START_MS + 60_000;
  test("is told of after three minutes in which nothing came", () => {
    expect(standsStill(diagnosed, boot("under-way"), diagnosed + STANDS_STILL_MS - 1)).toBe("wait");
    expect(standsStill(diagnosed, boot("under-way"), diagnosed + STANDS_STILL_MS)).toBe("tell");
  });
  test("has its three minutes anew when it gets on", () => {
    const later = diagnosed + STANDS_STILL_MS - 1000;
    const steps = [{ stage: "kernel", startMs: later, endMs: later } as const];
    expect(standsStill(diagnosed, boot("under-way", { steps }), diagnosed + STANDS_STILL_MS)).toBe("wait");
  });
  test("waits while something is sent to it", () => {
    const steps = [{ stage: "initrd", startMs: START_MS } as const];
    expect(standsStill(diagnosed, boot("under-way", { steps }), diagnosed + 3_600_000)).toBe("wait");
  });
  test("is forgotten when it has ended, since its end is told by itself", () => {
    expect(standsStill(diagnosed, boot("handed-over"), diagnosed + STANDS_STILL_MS)).toBe("drop");
    expect(standsStill(diagnosed, undefined, diagnosed + STANDS_STILL_MS)).toBe("drop");
  });
});
