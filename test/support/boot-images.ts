/** Small bootable images for the tests with real firmware, and what a machine prints that has booted one. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ensureLabFiles, type LabFiles } from "../../src/lab/files.ts";
import { type ImageOptions, kernelParams, writeImage } from "../../src/lab/image.ts";
import type { Program } from "../../src/lab/program.ts";

export interface TestImage {
  readonly folder: string;
  readonly stamp: string;
  /** What the builder of the image gave the kernel. */
  readonly params: string;
}

/** Makes an image in a new folder below `scratch`. */
export async function makeImage(
  scratch: string,
  isa: "x64" | "arm64",
  stamp: string,
  options: Partial<Pick<ImageOptions, "layout" | "kernelParams" | "padMb" | "more">> = {},
): Promise<TestImage> {
  const files: LabFiles = await ensureLabFiles();
  const folder = join(scratch, stamp);
  await mkdir(scratch, { recursive: true });
  const all = { ...options, folder, isa, stamp, linux: isa === "arm64" ? files.arm64 : files.amd64 };
  await writeImage(all);
  return { folder, stamp, params: kernelParams(all) };
}

export interface Booted {
  /** The stamp of the image that runs. */
  readonly stamp: string;
  /** As `/proc/cmdline` had it. */
  readonly cmdline: string;
}

/** Waits until the machine's Linux has said which image it runs and has powered off. */
export async function waitForBoot(machine: Program, boundMs: number): Promise<Booted> {
  const match = await machine.waitFor(
    /mayfly-lab: runs ([^\n]*)\n.*^mayfly-lab: cmdline ([^\n]*)\n.*^mayfly-lab: done$/ms,
    boundMs,
  );
  const [, stamp = "", cmdline = ""] = match;
  return { stamp, cmdline };
}
