import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { decodeKernelHeader, findKernelBanner } from "../../../src/wire/linux/kernel-header.ts";
import { arm64Image, bzImage, ELF_AARCH64, efiProgram, put } from "../../support/kernels.ts";

describe("decodeKernelHeader", () => {
  test("reads version and least size of a bzImage", () => {
    expect(decodeKernelHeader(bzImage("6.6.30-hardened"))).toEqual({
      format: "bzimage",
      isa: "x86",
      version: "6.6.30-hardened",
      leastBytes: 0x200 * 5 + 16 * 64 - 15,
    });
  });

  test("takes a setup size of 0 for 4 sectors, as the boot protocol says", () => {
    const kernel = put(bzImage("6.6.30"), 0x1f1, 0);
    expect(decodeKernelHeader(kernel)?.leastBytes).toBe(0x200 * 5 + 16 * 64 - 15);
  });

  test("finds no version where the pointer leads out of the setup", () => {
    const kernel = put(bzImage("6.6.30"), 0x20e, 0xff, 0xff);
    expect(decodeKernelHeader(kernel)).not.toHaveProperty("version");
  });

  test("does not trust the size of a protocol before 2.04, which has 16 bits only", () => {
    const kernel = put(bzImage("2.4.37"), 0x206, 0x03, 0x02);
    expect(decodeKernelHeader(kernel)?.leastBytes).toBe(0x200 * 5);
  });

  test("tells an arm64 Image, and by its EFI stub how long it is", () => {
    expect(decodeKernelHeader(arm64Image())).toEqual({ format: "image", isa: "arm64", leastBytes: 0x1200 });
  });

  test("tells an arm64 Image without an EFI stub", () => {
    expect(decodeKernelHeader(put(arm64Image(), 0, 0, 0))).toEqual({ format: "image", isa: "arm64" });
  });

  test("tells a riscv64 Image", () => {
    const kernel = put(put(new Uint8Array(128), 0x30, ..."RISCV"), 0x38, ..."RSC\x05");
    expect(decodeKernelHeader(kernel)).toEqual({ format: "image", isa: "riscv64" });
  });

  test("tells an arm32 zImage and its size", () => {
    const kernel = put(new Uint8Array(128), 0x24, 0x18, 0x28, 0x6f, 0x01, 0, 0, 0, 0, 0, 0x10, 0, 0);
    expect(decodeKernelHeader(kernel)).toEqual({ format: "zimage", isa: "arm32", leastBytes: 0x1000 });
  });

  test.each([
    ["x86", 0x8664],
    ["arm64", 0xaa64],
    ["riscv64", 0x5064],
    ["loong64", 0x6264],
  ] as const)("tells an EFI program for %s by its machine number", (isa, machine) => {
    expect(decodeKernelHeader(efiProgram(machine))).toMatchObject({ format: "efi", isa });
    expect(decodeKernelHeader(put(efiProgram(machine), 4, ..."zimg"))).toMatchObject({
      format: "zboot",
      isa,
    });
  });

  test("tells an ELF vmlinux", () => {
    expect(decodeKernelHeader(ELF_AARCH64)).toEqual({ format: "elf", isa: "arm64" });
  });

  test.each([
    ["gzip", [0x1f, 0x8b]],
    ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
    ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ])("knows of a kernel in %s no more than that it is compressed", (_name, magic) => {
    expect(decodeKernelHeader(Uint8Array.of(...magic, 0, 0, 0))).toEqual({ format: "compressed" });
  });

  test.each(["", "<html>not found</html>", "kernel"])("knows nothing of %j", (text) => {
    expect(decodeKernelHeader(new TextEncoder().encode(text))).toBeUndefined();
  });

  test("gives a value or a WireError for any bytes, and for any kernel cut off or damaged anywhere", () => {
    const kernels = [bzImage("6.6.30"), arm64Image(), efiProgram(0xaa64), ELF_AARCH64];
    const damaged = fc
      .tuple(
        fc.constantFrom(...kernels),
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      )
      .map(([kernel, length, changes]) => {
        const copy = kernel.slice(0, length % (kernel.length + 1));
        for (const [at, value] of changes)
          if (copy.length > 0) copy[at % Math.min(copy.length, 0x300)] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 700 }), damaged), (bytes) => {
        try {
          const header = decodeKernelHeader(bytes);
          expect(header === undefined || header.format.length > 0).toBe(true);
          if (header?.leastBytes !== undefined) expect(header.leastBytes).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("findKernelBanner", () => {
  const banner = new TextEncoder().encode(
    "\0Linux version %s\0Linux version 6.12.9-arm64 (builder@host) #1\n\0",
  );

  test("finds the version wherever it lies, past what only looks like it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (before) => {
        expect(findKernelBanner(Uint8Array.from([...before, ...banner]))).toBe("6.12.9-arm64");
      }),
    );
  });

  test("finds nothing in other bytes", () => {
    expect(findKernelBanner(new TextEncoder().encode("Linux version: unknown"))).toBeUndefined();
  });
});
