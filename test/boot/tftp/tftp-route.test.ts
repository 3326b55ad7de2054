import { describe, expect, test } from "vitest";
import type { ProgramKind } from "../../../src/boot/arch.ts";
import type { BootProgram } from "../../../src/boot/program/program.ts";
import { refuseRequest, refuseSize } from "../../../src/boot/tftp/tftp-refuse.ts";
import { routeTftp } from "../../../src/boot/tftp/tftp-route.ts";
import { GENERATION, snapshotWith } from "../../support/worlds.ts";

const program = (kind: ProgramKind, name: string): BootProgram => ({
  kind,
  name,
  path: `/usr/lib/ipxe/${name}`,
  sizeBytes: 1000,
});
const PROGRAMS = [
  program("bios-x86", "undionly.kpxe"),
  program("efi-x64", "ipxe-x64.efi"),
  program("efi-arm64", "ipxe-arm64.efi"),
];
const SNAPSHOT = snapshotWith(
  new Map([
    ["bzImage", 10],
    ["sub/initrd", 20],
  ]),
  PROGRAMS,
);
const SITE = {
  self: "10.77.0.2",
  ports: { http: 8080, tftp: 69 },
  identifyScript: (base: string) => `#!ipxe\nchain ${base}/netboot.ipxe\n`,
};
const route = (name: string, snapshot = SNAPSHOT) => routeTftp(name, snapshot, SITE);

describe("a boot program is found by its name", () => {
  test.each([
    ["undionly.kpxe", "undionly.kpxe"],
    ["/undionly.kpxe", "undionly.kpxe"],
    ["ipxe/undionly.kpxe", "undionly.kpxe"],
    ["UNDIONLY.KPXE", "undionly.kpxe"], // T8
    ["undionly.kpxe\u00ff", "undionly.kpxe"], // Q7
    ["undionly.0", "undionly.kpxe"], // capture bios-pxe-rom-proxy-menu-4011-undionly-2019
    ["ipxe.efi", "ipxe-x64.efi"],
    ["snponly.efi", "ipxe-x64.efi"],
    ["sid/ipxe-amd64.efi", "ipxe-x64.efi"], // capture ovmf12-proxy-4011-ipxe-2.0.0
    ["arm64-efi/snponly.efi", "ipxe-arm64.efi"],
    ["efi/boot/bootaa64.efi", "ipxe-arm64.efi"], // pipxe
    ["EFI\\BOOT\\BOOTX64.EFI", "ipxe-x64.efi"],
  ])("%j (T8, Q7, Q12) gives %s", (name, path) => {
    expect(route(name)).toMatchObject({ type: "program", path, program: { name: path } });
  });

  test("a program's own name wins over what the name usually stands for", () => {
    const own = snapshotWith(new Map(), [...PROGRAMS, program("efi-x86", "snponly.efi")]);
    expect(route("snponly.efi", own)).toMatchObject({ program: { kind: "efi-x86" } });
  });

  test("one that is not there is refused with the cure (T10)", () => {
    expect(route("bootia32.efi")).toMatchObject({
      type: "refused",
      code: 1,
      message: expect.stringContaining("boot-media/ipxe/"),
      expected: false,
    });
  });
});

describe("a generation's files", () => {
  test("are found under its id, in folders too", () => {
    expect(route(`media/${GENERATION.id}/sub/initrd`)).toMatchObject({
      type: "media",
      path: `media/${GENERATION.id}/sub/initrd`,
      file: "sub/initrd",
      generation: { id: GENERATION.id },
    });
  });

  test.each([`media/${GENERATION.id}/other`, `media/${GENERATION.id}`, "media/gone/bzImage", "media"])(
    "%s is not found, and the text says what to do (T10)",
    (name) => {
      expect(route(name)).toMatchObject({
        type: "refused",
        code: 1,
        message: expect.stringMatching(/.{15,}/),
      });
    },
  );

  test("cannot be left by '..': that is not allowed, rather than not found", () => {
    expect(route(`media/${GENERATION.id}/../../etc/passwd`)).toMatchObject({ type: "refused", code: 2 });
  });
});

describe("autoexec.ipxe", () => {
  test.each([
    "autoexec.ipxe",
    "/autoexec.ipxe",
    "efi/boot/autoexec.ipxe",
    "sid/autoexec.ipxe",
    "AUTOEXEC.IPXE",
  ])("is answered as %s, with the address that the machine reached (I7, I8)", (name) => {
    expect(route(name)).toMatchObject({
      type: "text",
      text: "#!ipxe\nchain http://10.77.0.2:8080/netboot.ipxe\n",
    });
  });

  test("the user's own wins", () => {
    const own = { ...snapshotWith(new Map()), ownAutoexec: "#!ipxe\nshell\n" };
    expect(route("efi/boot/autoexec.ipxe", own)).toMatchObject({ type: "text", text: "#!ipxe\nshell\n" });
  });
});

describe("what is not there", () => {
  test.each([
    "bootsig.bin",
    "5b154510/start4.elf",
    "5b154510/config.txt",
    "recover4.elf",
    "pieeprom.sig",
    "vl805.sig",
    "bcm2711-rpi-4-b.dtb",
    "overlays/overlay_map.dtb",
    "kernel8.img",
    "armstub8-gic.bin",
    "pxelinux.cfg/01-52-54-00-12-34-56",
    "pxelinux.cfg/0A4D0064",
    "0A4D0064.img",
    "grubx64.efi",
    "revocations.efi",
  ])("%s is a normal probe of firmware (T7): refused at once, and no news", (name) => {
    expect(route(name)).toMatchObject({ type: "refused", code: 1, expected: true });
  });

  test.each(["nonexist.efi", "etc/passwd", "vmlinuz"])(
    "%s is refused, and the text names what there is (T10)",
    (name) => {
      const refused = route(name);
      expect(refused).toMatchObject({ type: "refused", code: 1, expected: false });
      expect(refused.type === "refused" && refused.message).toMatch(/undionly\.kpxe/);
    },
  );

  test("a long or unprintable name does not get into the text as it is", () => {
    const refused = route(`${"x".repeat(1000)}\u001b.efi`);
    if (refused.type !== "refused") throw new Error(`got ${refused.type}`);
    expect(refused.message.length).toBeLessThan(400);
    expect(`${refused.message}${refused.path}`).toMatch(/^[\x20-\x7e]*$/);
  });
});

describe("requests that are refused whatever they name", () => {
  const request = (type: "RRQ" | "WRQ", mode: string) => ({ type, filename: "a", mode, options: [] });

  test("writing: 'not allowed'", () => {
    expect(refuseRequest(request("WRQ", "octet"))).toMatchObject({ code: 2 });
  });

  test("mail, and modes that are none: 'illegal', and the text names the right one", () => {
    for (const mode of ["mail", "binary", ""]) {
      expect(refuseRequest(request("RRQ", mode))).toMatchObject({
        code: 4,
        message: expect.stringContaining("octet"),
      });
    }
  });

  test("octet and netascii in any case are served", () => {
    for (const mode of ["octet", "OCTET", "NetASCII"]) {
      expect(refuseRequest(request("RRQ", mode))).toBeUndefined();
    }
  });

  test("a file too large to be translated is not served as netascii", () => {
    const size = 5 * 1024 * 1024;
    expect(refuseSize(request("RRQ", "netascii"), size)).toMatchObject({ code: 4 });
    expect(refuseSize(request("RRQ", "octet"), size)).toBeUndefined();
    expect(refuseSize(request("RRQ", "netascii"), 1000)).toBeUndefined();
  });
});
