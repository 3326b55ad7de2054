import { statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readBootFile } from "../../../src/io/images/boot-file-reader.ts";
import { stampOf } from "../../../src/io/images/file-stamp.ts";
import { startImages } from "../../../src/io/images/images.ts";
import { createWorld } from "../../../src/io/world.ts";
import { concat } from "../../../src/wire/bytes.ts";
import { frameCpioFile } from "../../../src/wire/linux/cpio.ts";
import { discBytes } from "../../support/disc-bytes.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const SYSTEM = `/nix/store/${"0".repeat(32)}-nixos-system-nixos-25.05`;
const KERNEL = `boot/nix/store/${"1".repeat(32)}-linux-6.12.57/bzImage`;
const CONTENTS = { [KERNEL]: "the kernel", "boot/initrd": "its initrd!" };
const menu = (params: string) =>
  `menuentry 'NixOS' {\n  linux /${KERNEL} ${params}\n  initrd /boot/initrd\n}\n`;

/** Publishes a disc, and reads all files of its generation. */
async function publish(disc: Uint8Array) {
  const path = join(tempFolder(), "nixos.iso");
  writeFileSync(path, disc);
  const world = createWorld();
  const settings = { stillMs: 1, recheckMs: 60_000 };
  const images = startImages({ world, images: new Map([["node", path]]), settings });
  await images.ready;
  const [generation] = world.snapshot().generations.values();
  if (generation === undefined) throw new Error(world.snapshot().images.get("node")?.trouble);
  const files = new Map<string, Uint8Array>();
  for (const [name, sizeBytes] of generation.files) {
    const file = await images.shelf.openMedia(generation, name);
    const bytes = new Uint8Array(sizeBytes);
    expect(await file?.read(bytes, 0)).toBe(sizeBytes);
    file?.close();
    files.set(name, bytes);
  }
  await images.close();
  return { generation, files };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("a NixOS disc is a kernel and an initrd too, the latter with the whole disc behind it", async () => {
  const params = `init=${SYSTEM}/init root=LABEL=nixos copytoram quiet`;
  const disc = discBytes({ ...CONTENTS, "EFI/boot/grub.cfg": menu(params) });
  const { generation, files } = await publish(disc);
  expect(generation).toMatchObject({
    shape: "iso",
    bootFile: { type: "iso", file: "nixos.iso" },
    kernel: { file: "nixos.iso.linux/bzImage" },
    initrds: ["nixos.iso.linux/initrd"],
    kernelParams: `init=${SYSTEM}/init root=/mayfly.iso quiet`,
  });
  expect(files.get("nixos.iso")).toEqual(disc);
  expect(files.get("nixos.iso.linux/bzImage")).toEqual(bytes("the kernel"));
  const { head, tail } = frameCpioFile("mayfly.iso", disc.length);
  const initrd = concat([bytes("its initrd!"), Uint8Array.of(0), head, disc, tail]);
  expect(files.get("nixos.iso.linux/initrd")).toEqual(initrd);
});

test("one with systemd in its initrd is known to need a drive, and another system's is a disc and no more", async () => {
  const systemd = discBytes({ ...CONTENTS, "EFI/boot/grub.cfg": menu(`init=${SYSTEM}/init quiet`) });
  const { generation } = await publish(systemd);
  expect(generation.bootFile).toMatchObject({ needsDrive: "looks-for-it" });
  expect(generation.kernel).toBeUndefined();
  const other = await publish(discBytes({ ...CONTENTS, "EFI/boot/grub.cfg": menu("boot=live") }));
  expect(other.generation.bootFile).not.toHaveProperty("needsDrive");
  expect([...other.files.keys()]).toEqual(["nixos.iso"]);
});

test("a menu that names a kernel which is not on the disc makes it a disc and no more", async () => {
  const params = `init=${SYSTEM}/init root=LABEL=nixos`;
  const { generation } = await publish(discBytes({ "EFI/boot/grub.cfg": menu(params), "boot/initrd": "i" }));
  expect(generation.kernel).toBeUndefined();
});

test("one of 4 GiB has no room in an initrd, which is said; one byte less has", async () => {
  const path = join(tempFolder(), "nixos.iso");
  const params = `init=${SYSTEM}/init root=LABEL=nixos`;
  writeFileSync(path, discBytes({ ...CONTENTS, "EFI/boot/grub.cfg": menu(params) }));
  const read = async (sizeBytes: number) => {
    // Nothing but holes behind the disc: no room is taken.
    truncateSync(path, sizeBytes);
    const stamp = stampOf(statSync(path, { bigint: true }));
    return readBootFile("iso", "nixos.iso", { path, stamp, isImmutable: true });
  };
  const large = await read(2 ** 32);
  expect(large).toMatchObject({ bootFile: { needsDrive: "too-large" } });
  expect(large).not.toHaveProperty("linux");
  expect(await read(2 ** 32 - 1)).toHaveProperty("linux");
});
