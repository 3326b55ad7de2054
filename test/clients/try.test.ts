/** `mayfly try` as a person runs it. */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../../src/lab/program.ts";
import { makeImage } from "../support/boot-images.ts";
import { lacks } from "../support/needs.ts";

const WITHIN_MS = 120_000;

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64"))("mayfly try", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mayfly-try-test-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What it leaves on disk would lie in `folder`. */
  function start(...args: string[]): Promise<Program> {
    const mayfly = join(import.meta.dirname, "../../bin/mayfly.js");
    return startProgram([process.execPath, mayfly, "try", ...args], { env: { TMPDIR: folder } });
  }

  test("without an image makes one, boots it through UEFI, and tells each stage and its time", async () => {
    const run = await start();
    const told = await run.waitFor(/^it booted: .* from power-on$/m, WITHIN_MS);
    expect((await run.ended).code, run.text()).toBe(0);
    const labels = [...run.text().matchAll(/^ +[\d.]+ s {2}(\S+) /gm)].map(([, label]) => label);
    expect([...new Set(labels)]).toEqual(
      expect.arrayContaining([
        "DHCP",
        "program",
        "script",
        "kernel",
        "initrd",
        "Linux",
        "system",
        "check-in",
      ]),
    );
    expect(told.input).toMatch(/^ +[\d.]+ s {2}firmware, until it asked the network$/m);
    expect(await readdir(folder)).toEqual([]);
  });

  test("an image for another instruction set is refused before anything starts, with the flag that fits", async () => {
    const scratch = await mkdtemp(join(tmpdir(), "mayfly-arm64-"));
    try {
      const { folder: image } = await makeImage(scratch, "arm64", "pi-1");
      const run = await start(image);
      expect((await run.ended).code).toBe(1);
      expect(run.text()).toContain("try it with --firmware arm64");
    } finally {
      await rm(scratch, { recursive: true });
    }
  });

  test("--keep shows the console of an image to its end, a panic too", async () => {
    const scratch = await mkdtemp(join(tmpdir(), "mayfly-panic-"));
    try {
      const { folder: image } = await makeImage(scratch, "x64", "beta-1", {
        kernelParams: "rdinit=/nothing init=/nothing",
      });
      const run = await start(image, "--firmware", "bios", "--keep");
      await run.waitFor(/^it booted: /m, WITHIN_MS);
      await run.waitFor(/Kernel panic/, WITHIN_MS);
      expect((await run.ended).code).toBe(0);
    } finally {
      await rm(scratch, { recursive: true });
    }
  });

  test("a machine too small for its image ends with the stage, its screen and what to do", async () => {
    const scratch = await mkdtemp(join(tmpdir(), "mayfly-small-"));
    try {
      const { folder: image } = await makeImage(scratch, "x64", "beta-1", { padMb: 260 });
      const run = await start(image, "--firmware", "bios", "--memory", "256");
      expect((await run.ended).code).toBe(1);
      expect(run.text()).toContain("space left on device");
      expect(run.text()).toMatch(/mayfly: it did not boot: iPXE had its script .* try more with --memory/);
    } finally {
      await rm(scratch, { recursive: true });
    }
  });

  test("Ctrl-C ends it and leaves nothing behind", async () => {
    const run = await start("--firmware", "bios");
    await run.waitFor(/^ +[\d.]+ s {2}DHCP /m, WITHIN_MS);
    process.kill(-run.pid, "SIGINT");
    expect((await run.ended).code).toBe(1);
    expect(run.text()).toContain("mayfly: stopped");
    expect(await readdir(folder)).toEqual([]);
  });
});
