import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readKernel } from "../../../src/io/images/kernel-reader.ts";
import { createPromptFiles } from "../../../src/io/images/prompt-files.ts";
import { arm64Image, bzImage, put } from "../../support/kernels.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-kernel-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(bytes: Uint8Array) {
  writeFileSync(join(folder, "Image"), bytes);
  return readKernel("Image", join(folder, "Image"), bytes.length, createPromptFiles());
}

describe("readKernel", () => {
  test.each([0x2000, (1 << 20) - 20, (1 << 20) - 1, 1 << 20, (2 << 20) + 100])(
    "finds the version of an arm64 kernel in its banner, here at %d",
    async (at) => {
      const kernel = new Uint8Array(at + 4096);
      kernel.set(put(arm64Image(), 0, 0, 0));
      const bytes = put(kernel, at, ..."Linux version 6.12.94-cloud-arm64 (builder@host) #1 SMP");
      expect(await read(bytes)).toEqual({
        type: "kernel",
        kernel: { file: "Image", format: "image", isa: "arm64", version: "6.12.94-cloud-arm64" },
      });
    },
  );

  test("does without a version where there is none", async () => {
    expect(await read(arm64Image())).toEqual({
      type: "kernel",
      kernel: { file: "Image", format: "image", isa: "arm64" },
    });
  });

  test("gives a kernel that it does not know the benefit of the doubt", async () => {
    expect(await read(new TextEncoder().encode("a kernel"))).toEqual({
      type: "kernel",
      kernel: { file: "Image" },
    });
  });

  test.each([0x203, 0x208, 0x900])(
    "tells a kernel that ends after %d bytes to be cut off",
    async (length) => {
      const cut = await read(bzImage("6.6.30").subarray(0, length));
      if (length === 0x203)
        expect(cut.type).toBe("kernel"); // not even its mark is there
      else
        expect(cut).toEqual({ type: "cut-off", reason: expect.stringContaining(`it has ${length} bytes`) });
    },
  );
});
