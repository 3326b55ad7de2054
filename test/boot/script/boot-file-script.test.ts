import { expect, test } from "vitest";
import type { BootFile, Generation } from "../../../src/boot/generation.ts";
import { bootLimit, limitNotices } from "../../../src/boot/image/limit-notice.ts";
import { parameterNotices } from "../../../src/boot/image/parameter-notice.ts";
import { bootScript } from "../../../src/boot/script/script.ts";
import { answerScript } from "../../../src/boot/script/script-route.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const base = "http://10.0.0.1:8080";
const client = { mac: BETA_MAC, stage: "ipxe", isa: "x86" } as const;
const host = { ...BETA, kernelParams: "console=ttyS0" };
const UKI: BootFile = { type: "uki", file: "nixos.efi", isas: ["x86"], bios: false, version: "6.12.9" };
const ISO: BootFile = { type: "iso", file: "iso/nixos.iso", isas: ["x86"], bios: false };

function generation(bootFile: BootFile): Generation {
  const { kernel: _none, ...rest } = GENERATION;
  const files = new Map([[bootFile.file, 360_000_000]]);
  return { ...rest, shape: bootFile.type, bootFile, initrds: [], kernelParams: "init=/x", files };
}

function script(bootFile: BootFile): string {
  return bootScript({ base, client, host, generation: generation(bootFile), attempt: 1 });
}

/** As it is read of an ISO image that NixOS made. */
const DISC: Generation = {
  ...generation(ISO),
  kernel: { file: "iso/nixos.iso.linux/bzImage", isa: "x86" },
  initrds: ["iso/nixos.iso.linux/initrd"],
  kernelParams: "init=/x root=/mayfly.iso",
};

test("an ISO image whose Linux needs no drive is started by its kernel and initrd, on any firmware", () => {
  const world = snapshotOf([host], DISC);
  for (const platform of ["pcbios", "efi"]) {
    const query = `mac=${BETA_MAC}&arch=x86_64&platform=${platform}`;
    const { text } = answerScript({ query, base, isAutoexec: false }, world);
    expect(text).toMatch(
      /^kernel --name bzImage \S+\/iso\/nixos\.iso\.linux\/bzImage init=\/x root=\/mayfly\.iso/m,
    );
    expect(text).toMatch(/^initrd --name initrd \S+\/iso\/nixos\.iso\.linux\/initrd/m);
  }
  expect(limitNotices(world)).toEqual([]);
  expect(bootLimit(DISC)).toBeUndefined();
});

test.each([
  ["looks-for-it", /looks for a drive with the disc/],
  ["too-large", /4 GiB or more/],
] as const)(
  "one that needs a drive (%s) is not tried by iPXE: screen and log say why, and what boots it",
  (reason, why) => {
    const needsDrive = { ...ISO, needsDrive: reason };
    const text = script(needsDrive);
    expect(text).not.toContain("sanboot");
    expect(text).toMatch(/UEFI HTTP Boot/);
    expect(text).toMatch(why);
    const world = snapshotOf([host], generation(needsDrive));
    expect(limitNotices(world)).toMatchObject([{ text: expect.stringContaining("by UEFI HTTP Boot only") }]);
    expect(limitNotices(world)).toMatchObject([{ text: expect.stringMatching(why) }]);
    expect(bootLimit(generation(needsDrive))).toBe("by UEFI HTTP Boot only");
  },
);

test.each([
  [ISO, "by UEFI only, through iPXE its boot loader alone"],
  [{ ...ISO, bios: true }, "by iPXE its boot loader alone"],
  [{ ...ISO, isas: [], bios: true }, "by BIOS only, its boot loader alone"],
  [UKI, "by UEFI only"],
] as const)("of another disc, or a UKI, it is said how far it boots: %o", (bootFile, limit) => {
  expect(bootLimit(generation(bootFile))).toBe(limit);
});

test("a UKI is started as a kernel, with its own parameters and the host's", async () => {
  await expect(script(UKI)).toMatchFileSnapshot("golden/uki.ipxe");
});

test("an ISO image is booted as a disk, and the screen says how far that goes", async () => {
  await expect(script(ISO)).toMatchFileSnapshot("golden/iso.ipxe");
});

test.each([
  [{ ...ISO, bios: true }, undefined],
  [{ ...ISO, isas: [], bios: true }, "pcbios"],
  [UKI, "efi"],
] as const)("the script asks iPXE for the platform only where it matters: %o", (bootFile, platform) => {
  const asked = /^iseq \$\{platform\} (\w+) \|\| goto misfit$/m.exec(script(bootFile))?.[1];
  expect(asked).toBe(platform);
});

test("a BIOS that says so is told at once what it cannot start, and what to build", () => {
  const world = snapshotOf([host], generation(UKI));
  const query = `mac=${BETA_MAC}&arch=i386&platform=pcbios`;
  const { text, asked } = answerScript({ query, base, isAutoexec: false }, world);
  expect(asked?.decision).toMatchObject({ type: "refused", reason: "wrong-firmware" });
  expect(text).toMatch(
    /nixos\.efi of beta, a unified kernel image, is something that UEFI can\necho -- start, and/,
  );
  expect(text).toMatch(/kexecTree/);
});

test("the operator is told of kernel parameters that cannot reach the kernel, and of no others", () => {
  const texts = (bootFile: BootFile, kernelParams: string) =>
    parameterNotices(snapshotOf([{ ...host, kernelParams }], generation(bootFile))).map(({ text }) => text);
  expect(texts(UKI, "quiet")).toEqual([expect.stringContaining("boots nixos.efi by UEFI HTTP Boot")]);
  expect(texts(ISO, "quiet")).toEqual([expect.stringContaining("is an ISO image, whose own boot loader")]);
  expect(texts(UKI, "")).toEqual([]);
  expect(parameterNotices(snapshotOf([host], GENERATION))).toEqual([]);
});
