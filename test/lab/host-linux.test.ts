import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findHostLinux } from "../../src/lab/host-linux.ts";

const PT_LOAD = 1;
const PT_INTERP = 3;

/** As much of a 64-bit ELF file as tells whether it needs an interpreter. */
function elf(...segments: number[]): Buffer {
  const file = Buffer.alloc(64 + 56 * segments.length);
  file.writeBigUInt64LE(64n, 0x20);
  file.writeUInt16LE(56, 0x36);
  file.writeUInt16LE(segments.length, 0x38);
  segments.forEach((segment, index) => {
    file.writeUInt32LE(segment, 64 + 56 * index);
  });
  return file;
}

function kernelModule(...depends: string[]): Buffer {
  return Buffer.from(`\x7fELF\0license=GPL\0depends=${depends.join(",")}\0name=x\0`, "latin1");
}

describe("findHostLinux", () => {
  let root = "";
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "mayfly-host-linux-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function put(path: string, content: Uint8Array): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }

  async function putKernel(version: string): Promise<void> {
    const modules = `lib/modules/${version}/kernel`;
    await put(`boot/vmlinuz-${version}`, Buffer.from(version));
    await put(`${modules}/drivers/net/virtio_net.ko`, kernelModule("net_failover", "virtio"));
    await put(`${modules}/net/core/failover.ko`, kernelModule());
    await put(`${modules}/drivers/net/net_failover.ko.gz`, gzipSync(kernelModule("failover")));
    await put(`${modules}/drivers/virtio/virtio.ko`, kernelModule("virtio_ring"));
    await put(`${modules}/drivers/virtio/virtio_ring.ko`, kernelModule());
    await put(`${modules}/drivers/virtio/virtio-pci.ko`, kernelModule("virtio", "virtio_ring"));
  }

  test("gives the newest kernel with the modules of a virtual network card, each after those it needs", async () => {
    await putKernel("6.9.1");
    await putKernel("6.12.0-1");
    await put("bin/busybox", elf(PT_LOAD));
    const found = await findHostLinux(root);
    expect(found?.version).toBe("6.12.0-1");
    expect(found?.kernel).toBe(join(root, "boot/vmlinuz-6.12.0-1"));
    expect(found?.busybox).toBe(join(root, "bin/busybox"));
    expect(found?.modules.map((path) => path.split("/").at(-1))).toEqual([
      "virtio_ring.ko",
      "virtio.ko",
      "virtio-pci.ko",
      "failover.ko",
      "net_failover.ko.gz",
      "virtio_net.ko",
    ]);
  });

  test("takes no busybox that needs libraries", async () => {
    await putKernel("6.9.1");
    await put("bin/busybox", elf(PT_LOAD, PT_INTERP));
    expect(await findHostLinux(root)).toBeUndefined();
  });

  test("finds nothing where modules lie without their kernel, as in a container", async () => {
    await putKernel("6.9.1");
    await rm(join(root, "boot"), { recursive: true });
    await put("bin/busybox", elf(PT_LOAD));
    expect(await findHostLinux(root)).toBeUndefined();
  });
});
