import { describe, expect, test } from "vitest";
import type { Host } from "../../../src/boot/host.ts";
import {
  canPiStart,
  findPiFile,
  isWithheld,
  type PiSource,
  piLayers,
} from "../../../src/boot/rpi4/layers.ts";
import { nativeFolder } from "../../../src/boot/rpi4/native.ts";
import {
  NATIVE_PLACES,
  PI_GENERATION,
  PI_HOST,
  type PiWorld,
  piWorld,
  UEFI_PLACES,
} from "../../support/pi-worlds.ts";
import { GENERATION } from "../../support/worlds.ts";

const layersOf = (world: PiWorld, host: Host = PI_HOST) => {
  const generation = world.generation === false ? undefined : (world.generation ?? PI_GENERATION);
  return piLayers(host, generation, piWorld(world));
};

function brief(source: PiSource | undefined): string {
  switch (source?.type) {
    case undefined:
      return "nothing";
    case "file":
      return source.file.path;
    case "firmware":
      return `${source.file.path} with ${JSON.stringify(source.settings)}`;
    case "media":
      return `${source.file} of the generation`;
    case "text":
      return source.text;
  }
}

describe("the layers of a Raspberry Pi's files", () => {
  const files = {
    ...PI_GENERATION,
    files: new Map([...PI_GENERATION.files, ["config.txt", 9], ["x.dtb", 9]]),
  };
  test.each([
    ["config.txt", { own: ["config.txt"], generation: files }, "/media/hosts/beta.rpi4/config.txt"],
    ["config.txt", { generation: files }, "config.txt of the generation"],
    ["config.txt", {}, "/media/rpi4/config.txt"],
    ["x.dtb", { generation: files }, "x.dtb of the generation"],
    ["overlays/miniuart-bt.dtbo", {}, "/media/rpi4/overlays/miniuart-bt.dtbo"],
    ["overlays/other.dtbo", {}, "nothing"],
    ["cmdline.txt", {}, "nothing"],
    ["kernel8.img", {}, "nothing"],
  ] satisfies [string, PiWorld, string][])("%s with %o is %s", (place, world, expected) => {
    expect(brief(findPiFile(layersOf(world), place))).toBe(expected);
  });

  test("the host's settings go into its RPI_EFI.fd, and into nobody else's (R8)", () => {
    const host: Host = { ...PI_HOST, rpi4: { ramLimit: "off", systemTable: "dt", rollover: true } };
    expect(brief(findPiFile(layersOf({}, host), "RPI_EFI.fd"))).toBe(
      '/media/rpi4/RPI_EFI.fd with {"ramLimit":"off","systemTable":"dt"}',
    );
    expect(brief(findPiFile(layersOf({}), "RPI_EFI.fd"))).toBe("/media/rpi4/RPI_EFI.fd");
  });

  test.each([
    "pieeprom.upd",
    "pieeprom.sig",
    "vl805.sig",
    "recovery.elf",
    "recover4.elf",
    "sub/recovery.bin",
  ])(
    "%s, by which a Pi overwrites its EEPROM, is only there when the host's configuration names it (R6)",
    (place) => {
      const world = { own: [place] };
      expect(findPiFile(layersOf(world), place)).toBeUndefined();
      expect(isWithheld(layersOf(world), place)).toBe(true);
      const base = place.slice(place.lastIndexOf("/") + 1);
      const wanted = layersOf(world, { ...PI_HOST, rpi4: { serve: [base] } });
      expect(brief(findPiFile(wanted, place))).toBe(`/media/hosts/beta.rpi4/${place}`);
      expect(isWithheld(wanted, place)).toBe(false);
    },
  );

  test.each([
    ["a Pi 4 with what it needs", 4, UEFI_PLACES, true],
    ["a Pi 4 without start4.elf", 4, UEFI_PLACES.filter((place) => place !== "start4.elf"), false],
    ["a Pi 4 without fixup4.dat", 4, UEFI_PLACES.filter((place) => place !== "fixup4.dat"), false],
    ["a Pi 5 beside a Pi 4's files", 5, UEFI_PLACES, false],
    ["a Pi 5 with its device tree", 5, ["config.txt", "bcm2712-rpi-5-b.dtb"], true],
    ["a Pi 3", 3, ["bootcode.bin", "start.elf", "fixup.dat", "config.txt"], true],
    ["a Pi 3 beside a Pi 4's files", 3, UEFI_PLACES, false],
    ["a board that does not say what it is", undefined, UEFI_PLACES, true],
    ["a board of which nothing is known yet", 9, UEFI_PLACES, false],
    ["nobody's folder", 4, [], false],
  ])("%s can start, or not", (_name, model, shared, expected) => {
    expect(canPiStart(layersOf({ shared, generation: false }), model)).toBe(expected);
  });
});

describe("booting without UEFI", () => {
  const folder = nativeFolder(PI_GENERATION);
  const native = { shared: NATIVE_PLACES };
  const text = (place: string, world: PiWorld = native, host?: Host) =>
    brief(findPiFile(layersOf(world, host), place));

  test("config.txt names kernel, initrd and cmdline.txt of one generation, in lines that a Pi reads whole", () => {
    const config = text("config.txt").split("\n");
    expect(config).toContain(`kernel=${folder}Image`);
    expect(config).toContain(`initramfs ${folder}initrd followkernel`);
    expect(config).toContain(`cmdline=${folder}cmdline.txt`);
    expect(config).toContain("arm_64bit=1");
    expect(config.every((line) => line.length <= 98)).toBe(true);
  });
  test("cmdline.txt has the image's parameters, then the host's, and no initrd=", () => {
    const host = { ...PI_HOST, kernelParams: "lab.host=yes" };
    expect(text("cmdline.txt", native, host)).toBe(
      "init=/nix/store/abc-nixos-system-beta/init loglevel=4 lab.host=yes\n",
    );
  });
  test("the operator's own files win", () => {
    expect(text("config.txt", { ...native, own: ["config.txt"] })).toBe("/media/hosts/beta.rpi4/config.txt");
    expect(text("cmdline.txt", { ...native, own: ["cmdline.txt"] })).toBe(
      "/media/hosts/beta.rpi4/cmdline.txt",
    );
    expect(text("config.txt", { ...native, own: ["cmdline.txt"] })).not.toContain("cmdline=");
    expect(text("kernel8.img")).toBe("Image of the generation");
  });
  test("a device tree that rpi4/ has not is the kernel's own", () => {
    expect(text("bcm2711-rpi-4-b.dtb")).toBe("dtbs/broadcom/bcm2711-rpi-4-b.dtb of the generation");
    expect(text("bcm2711-rpi-4-b.dtb", { shared: [...NATIVE_PLACES, "bcm2711-rpi-4-b.dtb"] })).toBe(
      "/media/rpi4/bcm2711-rpi-4-b.dtb",
    );
  });
  test("it is what happens without an RPI_EFI.fd, and only with a kernel for arm64", () => {
    expect(layersOf(native).boot).toBe("native");
    expect(layersOf({}).boot).toBe("uefi");
    expect(layersOf({ ...native, generation: GENERATION }).boot).toBe("uefi");
    expect(canPiStart(layersOf(native), 4)).toBe(true);
    expect(canPiStart(layersOf({ ...native, generation: GENERATION }), 4)).toBe(false);
  });
  test("a host may ask for it beside others that boot by UEFI, whose settings it does not get", () => {
    const host: Host = { ...PI_HOST, rpi4: { boot: "native" } };
    expect(text("config.txt", {}, host)).toContain(`kernel=${folder}Image`);
    expect(text("RPI_EFI.fd", {}, host)).toBe("nothing");
    expect(text("start4.elf", {}, host)).toBe("/media/rpi4/start4.elf");
    expect(text("config.txt", { own: ["config.txt"] }, host)).toBe("/media/hosts/beta.rpi4/config.txt");
  });
});
