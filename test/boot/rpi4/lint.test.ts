import { describe, expect, test } from "vitest";
import { lintTree, missingOverlays } from "../../../src/boot/rpi4/lint.ts";
import { recognisePart } from "../../../src/boot/rpi4/part.ts";
import { planTree, treeOf } from "../../../src/boot/rpi4/plan.ts";
import type { Tree } from "../../../src/boot/rpi4/settings.ts";
import { peFile, X64 } from "../../support/pe-file.ts";
import {
  deviceTree,
  fixup,
  gpuProgram,
  ipxe,
  NEW_FIRMWARE_BYTES,
  OLD_FIRMWARE_BYTES,
  releaseConfig,
  text,
  uefiFirmware,
} from "../../support/rpi4-files.ts";
import { given, pipxe, uefiRelease } from "../../support/rpi4-parts.ts";

/** A folder that boots, with some files replaced, or removed where there is `undefined`. */
function tree(
  changes: Readonly<Record<string, Uint8Array | string | undefined>> = {},
  firmwareBytes = OLD_FIRMWARE_BYTES,
): Tree {
  const parts = [given("release", uefiRelease(firmwareBytes)), given("ipxe", { "ipxe.efi": ipxe("x") })].map(
    (each) => {
      const answer = recognisePart(each);
      if (answer.type === "refused") throw new Error(answer.reason);
      return answer.part;
    },
  );
  const files = new Map(treeOf(planTree(parts)));
  for (const [place, content] of Object.entries(changes)) {
    if (content === undefined) files.delete(place);
    else files.set(place, typeof content === "string" ? text(content) : content);
  }
  return files;
}

/** Level, code and place of each finding. */
function codes(files: Tree): string[] {
  return lintTree(files).map(({ level, code, place }) => `${level} ${code} ${place}`);
}

function config(...lines: string[]): string {
  return `${releaseConfig(OLD_FIRMWARE_BYTES)}${lines.join("\n")}\n`;
}

test("a folder that boots has no findings", () => {
  expect(codes(tree())).toEqual([]);
  expect(codes(tree({}, NEW_FIRMWARE_BYTES))).toEqual([]);
});

describe("every file that a Pi 4 needs", () => {
  test.each([
    "RPI_EFI.fd",
    "start4.elf",
    "fixup4.dat",
    "config.txt",
    "bcm2711-rpi-4-b.dtb",
    "efi/boot/bootaa64.efi",
  ])("%s", (place) => {
    const findings = lintTree(tree({ [place]: undefined }));
    expect(findings[0]).toMatchObject({ code: "missing-file", level: "error", place });
    expect(findings[0]?.cure).toMatch(/https:\/\/github\.com\//);
  });
});

describe("files are what they claim, and whole", () => {
  test.each<[finding: string, place: string, content: Uint8Array]>([
    ["not-firmware", "RPI_EFI.fd", uefiFirmware(OLD_FIRMWARE_BYTES, "x").fill(0, 0x20000, 0x20100)],
    ["not-firmware", "RPI_EFI.fd", uefiFirmware(OLD_FIRMWARE_BYTES, "x").with(0x20000 + 48, 1)],
    [
      "not-firmware",
      "RPI_EFI.fd",
      uefiFirmware(OLD_FIRMWARE_BYTES, "x").fill(0xff, OLD_FIRMWARE_BYTES - 0x30000),
    ],
    ["not-elf", "start4.elf", text("404: Not Found")],
    ["not-elf", "start4.elf", gpuProgram(0x4000, 3, 183)],
    ["not-elf", "start4.elf", gpuProgram(0x4000).subarray(0, 0x2000)],
    ["not-efi-program", "efi/boot/bootaa64.efi", peFile(X64)],
    ["not-efi-program", "efi/boot/bootaa64.efi", text("<html>")],
    ["not-device-tree", "bcm2711-rpi-4-b.dtb", text("<html>")],
    ["not-device-tree", "overlays/upstream-pi4.dtbo", deviceTree("x").subarray(0, 100)],
  ])("%s: %s", (code, place, content) => {
    expect(lintTree(tree({ [place]: content }))).toContainEqual(
      expect.objectContaining({ code, place, level: "error" }),
    );
  });

  test("UEFI firmware that was cut off", () => {
    const cut = uefiFirmware(OLD_FIRMWARE_BYTES, "x").subarray(0, 0x100000);
    expect(codes(tree({ "RPI_EFI.fd": cut }))).toContain("error not-firmware RPI_EFI.fd");
  });
});

describe("start4.elf and fixup4.dat", () => {
  test("of different releases do not fit together", () => {
    expect(lintTree(tree({ "fixup4.dat": fixup(0x5000) }))).toEqual([
      expect.objectContaining({
        code: "firmware-mismatch",
        text: "it belongs to a start4.elf of 20480 bytes and 3 program headers, and this one has 16384 bytes",
        cure: "take both from the same release",
      }),
    ]);
  });

  test("of one length but with other headers do not either", () => {
    expect(codes(tree({ "fixup4.dat": fixup(0x4000, 4) }))).toEqual(["error firmware-mismatch fixup4.dat"]);
  });

  test("a fixup file that cannot be read is no proof of a mistake", () => {
    expect(codes(tree({ "fixup4.dat": text("something new") }))).toEqual([
      "warning firmware-mismatch fixup4.dat",
    ]);
  });
});

describe("the device tree's addresses against the firmware's generation (B2)", () => {
  test("pipxe's firmware with the config.txt of v1.42: the hazard of the documents' recipe", () => {
    const { "RPI_EFI.fd": firmware } = pipxe();
    expect(lintTree(tree({ "RPI_EFI.fd": firmware }, NEW_FIRMWARE_BYTES))).toEqual([
      {
        code: "address-pair",
        level: "error",
        place: "config.txt:8",
        text: "it puts the device tree at 0x3e0000 to 0x400000, and this RPI_EFI.fd (0x1f0000 bytes) looks for it at 0x1f0000 to 0x200000",
        cure: "write device_tree_address=0x1f0000 and device_tree_end=0x200000, or take RPI_EFI.fd and config.txt of one generation",
      },
    ]);
  });

  test("the releases v1.39 to v1.41, whose config.txt is older than their firmware", () => {
    const files = tree({ "config.txt": releaseConfig(OLD_FIRMWARE_BYTES) }, NEW_FIRMWARE_BYTES);
    expect(codes(files)).toEqual(["error address-pair config.txt:8"]);
  });

  test("no address at all", () => {
    expect(codes(tree({ "config.txt": "armstub=RPI_EFI.fd\n" }))).toEqual(["error address-pair config.txt"]);
  });

  test("the last line counts, and only where it holds for a Pi 4", () => {
    const wrong = "device_tree_address=0x3e0000";
    expect(codes(tree({ "config.txt": config(wrong) }))).toEqual(["error address-pair config.txt:12"]);
    expect(codes(tree({ "config.txt": config("[pi3]", wrong) }))).toEqual([]);
    expect(codes(tree({ "config.txt": config("[none]", wrong, "[all]") }))).toEqual([]);
    expect(codes(tree({ "config.txt": config("[pi4]", wrong) }))).toEqual([
      "error address-pair config.txt:13",
    ]);
    expect(codes(tree({ "config.txt": config("[board-type=0x11]", wrong) }))).toEqual([
      "error address-pair config.txt:13",
    ]);
  });

  test("a board counts where its device tree is there", () => {
    const files = { "config.txt": config("[cm4]", "device_tree_address=0x3e0000") };
    expect(codes(tree(files))).toEqual(["error address-pair config.txt:13"]);
    expect(codes(tree({ ...files, "bcm2711-rpi-cm4.dtb": undefined }))).toEqual([]);
  });

  test("a device tree that is longer than its room", () => {
    const files = tree({ "bcm2711-rpi-4-b.dtb": deviceTree("x", 0x10001) });
    expect(codes(files)).toEqual(["error device-tree-room bcm2711-rpi-4-b.dtb"]);
  });
});

describe("armstub", () => {
  test("that names no file", () => {
    const files = tree({
      "config.txt": releaseConfig(OLD_FIRMWARE_BYTES).replace("RPI_EFI.fd", "rpi_efi.fd"),
    });
    expect(lintTree(files)).toEqual([
      expect.objectContaining({
        code: "armstub-missing",
        place: "config.txt:5",
        cure: "write 'armstub=RPI_EFI.fd': over TFTP case counts",
      }),
    ]);
  });

  test("that is not there at all", () => {
    const files = tree({ "config.txt": releaseConfig(OLD_FIRMWARE_BYTES).replace("armstub=RPI_EFI.fd", "") });
    expect(codes(files)).toEqual(["error armstub-missing config.txt"]);
  });

  test("that is not there because a kernel is booted without UEFI", () => {
    const files = tree({
      "config.txt": "arm_64bit=1\nkernel=kernel8.img\n",
      "RPI_EFI.fd": uefiFirmware(OLD_FIRMWARE_BYTES, "x"),
    });
    expect(codes(files)).toEqual([]);
  });
});

describe("overlays", () => {
  test("each dtoverlay= has its file", () => {
    expect(codes(tree({ "config.txt": config("dtoverlay=disable-bt") }))).toEqual([
      "error overlay-missing config.txt:12",
    ]);
    expect(
      missingOverlays(tree({ "config.txt": config("dtoverlay=disable-bt", "dtoverlay=disable-bt") })),
    ).toEqual(["disable-bt"]);
  });

  test("parameters are no part of the name, and an empty line ends the overlay before it", () => {
    const files = {
      "overlays/i2c-rtc.dtbo": deviceTree("x"),
      "config.txt": config("dtoverlay=i2c-rtc,ds1307", "dtoverlay="),
    };
    expect(codes(tree(files))).toEqual([]);
  });

  test("the variant for the Pi 4 will do", () => {
    const files = {
      "overlays/vc4-kms-v3d-pi4.dtbo": deviceTree("x"),
      "config.txt": config("dtoverlay=vc4-kms-v3d"),
    };
    expect(codes(tree(files))).toEqual([]);
  });

  test("in another Pi's section they do not matter, under a pin or monitor they may", () => {
    expect(codes(tree({ "config.txt": config("[pi5]", "dtoverlay=x") }))).toEqual([]);
    expect(codes(tree({ "config.txt": config("[gpio4=1]", "dtoverlay=x") }))).toEqual([
      "warning overlay-missing config.txt:13",
    ]);
  });

  test("overlay_prefix is where they are", () => {
    const changes = {
      "config.txt": config("overlay_prefix=mine/"),
      "mine/miniuart-bt.dtbo": deviceTree("x"),
    };
    expect(codes(tree(changes))).toEqual(["error overlay-missing config.txt:11"]);
  });

  test("os_prefix counts only where a README shows that overlays are there", () => {
    const lines = config("os_prefix=new/");
    expect(codes(tree({ "config.txt": lines }))).toEqual([]);
    expect(codes(tree({ "config.txt": lines, "new/overlays/README": "x" }))).toHaveLength(2);
  });
});

describe("config.txt", () => {
  test("what it includes is read as if it stood there", () => {
    const files = tree({ "config.txt": config("include extra.txt"), "extra.txt": "dtoverlay=x\n" });
    expect(codes(files)).toEqual(["error overlay-missing extra.txt:1"]);
  });

  test("an include that has no file", () => {
    expect(codes(tree({ "config.txt": config("include extra.txt") }))).toEqual([
      "error include-missing config.txt:12",
    ]);
  });

  test("files that include each other come to an end", () => {
    const files = tree({ "config.txt": config("include a.txt"), "a.txt": "include config.txt\n" });
    expect(codes(files)).toEqual([]);
  });

  test("a line of which the Pi ignores the end", () => {
    const files = tree({ "config.txt": config(`dtparam=${"x".repeat(100)}`) });
    expect(lintTree(files)).toEqual([
      expect.objectContaining({
        code: "line-too-long",
        level: "warning",
        text: expect.stringContaining("ignores the last 10"),
      }),
    ]);
  });
});

test("an EEPROM update in the folder is worth a warning (B1)", () => {
  expect(codes(tree({ "pieeprom.upd": "x", "recovery.elf": "x" }))).toEqual([
    "warning eeprom-update pieeprom.upd",
    "warning eeprom-update recovery.elf",
  ]);
});

test("errors come before warnings", () => {
  const files = tree({ "pieeprom.upd": "x", "config.txt": config("dtoverlay=x") });
  expect(codes(files)).toEqual(["error overlay-missing config.txt:12", "warning eeprom-update pieeprom.upd"]);
});
