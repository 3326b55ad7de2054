import { describe, expect, test } from "vitest";
import { nativeFolder } from "../../../src/boot/rpi4/native.ts";
import { apply, type Snapshot } from "../../../src/boot/snapshot.ts";
import { whyTooLarge } from "../../../src/boot/tftp/pi-route.ts";
import { routeTftp } from "../../../src/boot/tftp/tftp-route.ts";
import { lastBlock } from "../../../src/boot/tftp/transfer.ts";
import type { Mac } from "../../../src/wire/net/mac.ts";
import {
  NATIVE_PLACES,
  PI_GENERATION,
  PI_HOST,
  PI_MAC,
  piWorld,
  SEEN,
  UEFI_PLACES,
} from "../../support/pi-worlds.ts";
import { BETA } from "../../support/worlds.ts";

const SITE = { self: "10.77.0.2", ports: { http: 8080, tftp: 69 }, identifyScript: () => "#!ipxe\n" };
const route = (name: string, snapshot: Snapshot, from?: Mac) =>
  routeTftp(name, snapshot, { ...SITE, ...(from === undefined ? {} : { from }) });

/** Found files by path, refusals by `ERROR code`, in brackets when they are no news. */
function brief(name: string, snapshot: Snapshot, from?: Mac): string {
  const found = route(name, snapshot, from);
  switch (found.type) {
    case "refused":
      return found.expected ? `(ERROR ${found.code})` : `ERROR ${found.code}`;
    case "pi":
      return found.source.type === "file" ? found.source.file.path : found.source.type;
    default:
      return found.type;
  }
}

describe("the prefix tells the board, and the board its host (R6)", () => {
  const known = piWorld({ more: [SEEN] });
  const byMac = piWorld({ hosts: [{ ...BETA, macs: [PI_MAC] }], more: [SEEN] });
  const SHARED = "/media/rpi4/start4.elf";
  test.each([
    ["its serial number, which the configuration has", "5b154510/start4.elf", piWorld(), SHARED],
    ["its serial number in capitals", "5B154510/start4.elf", piWorld(), SHARED],
    ["all sixteen digits of it", "100000005b154510/start4.elf", piWorld(), SHARED],
    ["its serial number, learnt for a host that has the MAC address", "5b154510/start4.elf", byMac, SHARED],
    ["its MAC address", "dc-a6-32-01-36-c2/start4.elf", known, SHARED],
    ["the host's name", "beta/start4.elf", piWorld(), SHARED],
    ["with slashes in front", "//beta//start4.elf", piWorld(), SHARED],
    ["another serial number", "00c0ffee/start4.elf", known, "(ERROR 1)"],
    ["another MAC address", "dc-a6-32-00-00-01/start4.elf", known, "(ERROR 1)"],
    ["a text that is nobody's", "elsewhere/start4.elf", known, "(ERROR 1)"],
    ["none at all", "start4.elf", known, "(ERROR 1)"],
    ["none, for the settings", "config.txt", known, "(ERROR 1)"],
    ["none, for UEFI", "RPI_EFI.fd", known, "ERROR 1"],
  ] satisfies [string, string, Snapshot, string][])("%s", (_name, path, snapshot, expected) => {
    expect(brief(path, snapshot)).toBe(expected);
  });

  test("a serial number that was not learnt is told by the address that asks, where that is known", () => {
    const world = piWorld({ hosts: [{ ...BETA, macs: [PI_MAC] }] });
    expect(brief("00c0ffee/start4.elf", world)).toBe("(ERROR 1)");
    expect(brief("00c0ffee/start4.elf", world, PI_MAC)).toBe(SHARED);
  });

  test("everything that a Pi only tries is missing without a word in the log (R6)", () => {
    const tried = [
      ...["start.elf", "vl805.sig", "pieeprom.sig", "pieeprom.upd", "recover4.elf", "recovery.elf"],
      ...["dt-blob.bin", "bootcfg.txt", "overlays/overlay_map.dtb", "cmdline.txt", "kernel8.img"],
      ...["armstub8-gic.bin", "armstub8-32-gic.bin", "kernel7l.img", "kernel7.img", "kernel.img"],
      ...["recovery7l.img", "recovery8.img", "bcm2711-rpi-400.dtb", "hat_map.dtb"],
    ];
    expect(tried.map((name) => brief(`5b154510/${name}`, known))).toEqual(tried.map(() => "(ERROR 1)"));
  });

  test("what a host's own config.txt names and does not have is told", () => {
    expect(brief("5b154510/MY_EFI.fd", known)).toBe("ERROR 1");
  });

  test("a Pi that should boot and has no files is told of, with the cure", () => {
    const found = route("5b154510/MY_EFI.fd", piWorld({ shared: [] }));
    expect(found).toMatchObject({
      type: "refused",
      message: expect.stringContaining("mayfly rpi4 assemble"),
    });
  });

  test("boot programs and scripts are found below a prefix too", () => {
    expect(brief("dc-a6-32-01-36-c2/efi/boot/bootaa64.efi", known)).toBe("/media/rpi4/efi/boot/bootaa64.efi");
    expect(brief("dc-a6-32-01-36-c2/efi/boot/autoexec.ipxe", known)).toBe("text");
    expect(brief("beta/bootaa64.efi", known)).toBe("program");
  });

  test("a Pi 3 finds its first file in the root, and the others below its prefix (R4)", () => {
    const shared = ["bootcode.bin", "start.elf", "fixup.dat", "config.txt"];
    const world = piWorld({ shared });
    expect(brief("bootcode.bin", world)).toBe("/media/rpi4/bootcode.bin");
    expect(brief("5b154510/start.elf", world)).toBe("/media/rpi4/start.elf");
    expect(brief("start.elf", world)).toBe("(ERROR 1)");
    expect(brief("bootcode.bin", piWorld())).toBe("(ERROR 1)");
  });

  test("a file of the EEPROM is refused with the reason", () => {
    expect(route("5b154510/pieeprom.upd", piWorld({ own: ["pieeprom.upd"] }))).toMatchObject({
      type: "refused",
      code: 1,
      expected: true,
      message: expect.stringContaining("rpi4: { serve:"),
    });
  });
});

describe("a boot without UEFI ends on the generation that it began on", () => {
  const world = piWorld({ shared: NATIVE_PLACES });
  const folder = nativeFolder(PI_GENERATION);
  const newer = apply(world, [
    { type: "published", image: "beta", generation: { ...PI_GENERATION, id: "zz9-newer-one" } },
  ]);
  test.each([
    ["Image", "media"],
    ["initrd", "media"],
    ["cmdline.txt", "text"],
    ["other", "ERROR 1"],
  ])("%s", (file, expected) => {
    for (const snapshot of [world, newer])
      expect(brief(`5b154510/${folder}${file}`, snapshot)).toBe(expected);
  });
  test("two images in one store path, whose ids differ at the end alone, are two", () => {
    const inner = (suffix: string) => ({ ...PI_GENERATION, id: `${PI_GENERATION.id}.${suffix}` });
    const [alpha, beta] = [inner("8ed3f6ad685b959e"), inner("f44e64e75f3948e9")];
    const both = piWorld({
      shared: NATIVE_PLACES,
      generation: alpha,
      more: [{ type: "published", image: "other", generation: beta }],
    });
    for (const generation of [alpha, beta])
      expect(route(`5b154510/${nativeFolder(generation)}Image`, both)).toMatchObject({
        source: { type: "media", generation: { id: generation.id } },
      });
  });
  test("a generation that is kept no longer", () => {
    expect(brief("5b154510/media/nothing/Image", world)).toBe("ERROR 1");
  });
});

describe("a file whose blocks are more than an old EEPROM can count (T5)", () => {
  const path = "5b154510/initrd";
  const why = (sizeBytes: number, blockSize: number, canRollOver = false) =>
    whyTooLarge({ path, canRollOver }, lastBlock(sizeBytes, blockSize), blockSize);
  test.each([512, 1024, 1468])(
    "in blocks of %i bytes 65535 of them are fetched, and none more",
    (blockSize) => {
      expect(why(65_535 * blockSize - 1, blockSize)).toBeUndefined();
      expect(why(65_535 * blockSize, blockSize)).toContain("rpi4: { rollover: true }");
    },
  );
  test("a newer EEPROM fetches it", () => {
    expect(why(300_000_000, 1468, true)).toBeUndefined();
    expect(why(300_000_000, 1468)).toContain("91 MiB at most in blocks of 1468");
  });
  test("who says so is the host", () => {
    const rollover = { ...PI_HOST, rpi4: { rollover: true } };
    expect(route("beta/start4.elf", piWorld())).toMatchObject({ canRollOver: false });
    expect(route("beta/start4.elf", piWorld({ hosts: [rollover] }))).toMatchObject({ canRollOver: true });
  });
});

test("start4.elf begins a boot, and RPI_EFI.fd ends the EEPROM's part of it", () => {
  const parts = UEFI_PLACES.map((place) => {
    const found = route(`beta/${place}`, piWorld());
    return found.type === "pi" ? found.part : found.type;
  });
  expect(parts).toEqual(["first", "more", "more", "last", "more", "more", "more"]);
});
