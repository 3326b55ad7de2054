/** A Raspberry Pi from its EEPROM to its UEFI, from a folder that `assemble` made. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage } from "../support/boot-images.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import type { PiBoard } from "../support/pi-eeprom.ts";
import { assemblePiTree, bootPi } from "../support/pi-lan.ts";

const SERIAL = "5b154510";
const MAC = "dc:a6:32:01:36:c2";
const BOARD: PiBoard = { mac: MAC, serial: SERIAL, model: 4, blockSize: 1468 };

/** B1, for a board that starts UEFI, without its prefix. */
const ORDER = [
  ...["start4.elf", "config.txt", "vl805.sig", "pieeprom.sig", "recover4.elf", "recovery.elf"],
  ...["start4.elf", "fixup4.dat", "recovery.elf", "config.txt", "dt-blob.bin", "recovery.elf", "config.txt"],
  ...["bootcfg.txt", "bcm2711-rpi-4-b.dtb", "overlays/overlay_map.dtb", "overlays/miniuart-bt.dtbo"],
  ...["overlays/upstream-pi4.dtbo", "config.txt", "cmdline.txt", "RPI_EFI.fd", "kernel8.img"],
];

const HOSTS = `hosts:
  gamma:
    serials: [10000000${SERIAL.toUpperCase()}]
  delta:
    macs: ["dc:a6:32:01:36:c3"]
`;

describe.skipIf(lacks("lan", "dnsmasq"))("beside another DHCP server", () => {
  let folder = "";
  let lan: Lan;
  let server: Program;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mayfly-pi-"));
    await assemblePiTree(folder);
    lan = await createLan();
    server = await startMayfly(lan, { folder, config: `${HOSTS}piConsole: true\n` });
  });
  afterAll(async () => {
    await server?.stop();
    await lan?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test.each([
    ["in blocks of 1468 bytes", BOARD],
    ["in blocks of 1024 bytes, as before October 2022", { ...BOARD, blockSize: 1024 }],
    ["without any TFTP option", { mac: MAC, serial: SERIAL, model: 4 }],
  ] satisfies [string, PiBoard][])("a Pi 4 boots to its UEFI, %s (R1, R4, R5)", async (_name, board) => {
    const { end, asked, steps } = await bootPi(lan, board);
    expect(end, JSON.stringify(steps)).toEqual({ step: "started", program: "RPI_EFI.fd" });
    expect(asked).toEqual(ORDER.map((name) => `${SERIAL}/${name}`));
  });

  test.each([
    ["its serial number, which only its DISCOVER tells (R2)", BOARD, `${SERIAL}/`],
    ["its MAC address (R6)", { ...BOARD, prefix: "mac" as const }, "dc-a6-32-01-36-c2/"],
    ["the name of its host (R6)", { ...BOARD, prefix: { text: "gamma/" } }, "gamma/"],
    [
      "the serial number four times in option 97, as before March 2020 (R2, R3)",
      { ...BOARD, oldOption97: true },
      `${SERIAL}/`,
    ],
    [
      "a serial number that nobody configured (R2)",
      { ...BOARD, mac: "dc:a6:32:01:36:c3", serial: "00c0ffee" },
      "00c0ffee/",
    ],
  ])("its folder is found by %s", async (_name, board, prefix) => {
    const { end, steps } = await bootPi(lan, board);
    expect(end, JSON.stringify(steps)).toEqual({ step: "started", program: "RPI_EFI.fd" });
    expect(steps).toContainEqual({ step: "prefix", prefix });
  });

  test("a board that looks for another menu takes none of our offers (R4)", async () => {
    const { end } = await bootPi(lan, { ...BOARD, menuName: "Other Boot", dhcpTimeoutMs: 5000 });
    expect(end).toEqual({ step: "stopped", reason: "no offer that a Raspberry Pi accepts" });
  });

  test("a board that no host has is left alone", async () => {
    const { end } = await bootPi(lan, {
      ...BOARD,
      ...{ mac: "dc:a6:32:01:36:c9", serial: "0badcafe", dhcpTimeoutMs: 5000 },
    });
    expect(end).toEqual({ step: "stopped", reason: "no offer that a Raspberry Pi accepts" });
  });

  test("under a prefix that is not its own a Pi finds nothing, in the root neither (R6)", async () => {
    const { end, asked } = await bootPi(lan, { ...BOARD, prefix: { text: "elsewhere/" } });
    expect(end).toEqual({ step: "stopped", reason: expect.stringMatching(/^start4.elf is missing/) });
    expect(asked.slice(0, 3)).toEqual(["elsewhere/start4.elf", "elsewhere/start.elf", "config.txt"]);
  });

  test("a host's own files go over the others as soon as they are there, and those for the EEPROM need their name", async () => {
    const own = join(folder, "boot-media/hosts/gamma.rpi4");
    await mkdir(own);
    await writeFile(join(own, "config.txt"), "armstub=OWN.fd\n");
    await writeFile(join(own, "OWN.fd"), "own firmware");
    for (const name of ["pieeprom.sig", "pieeprom.upd", "recovery.elf"])
      await writeFile(join(own, name), "x");
    await expect
      .poll(async () => (await bootPi(lan, BOARD)).end, { timeout: 30_000 })
      .toEqual({ step: "started", program: "OWN.fd" });
    await rm(own, { recursive: true });
    await expect
      .poll(async () => (await bootPi(lan, BOARD)).end, { timeout: 30_000 })
      .toEqual({ step: "started", program: "RPI_EFI.fd" });
  });

  test("a folder that is assembled anew is served at once", async () => {
    await rm(join(folder, "boot-media/rpi4"), { recursive: true });
    await expect
      .poll(async () => (await bootPi(lan, { ...BOARD, dhcpTimeoutMs: 5000 })).end.step, { timeout: 60_000 })
      .toBe("stopped");
    await server.waitFor(/mayfly rpi4 assemble --download/, 1000);
    await assemblePiTree(folder);
    await expect
      .poll(async () => (await bootPi(lan, { ...BOARD, dhcpTimeoutMs: 5000 })).end.step, { timeout: 60_000 })
      .toBe("started");
  });

  test("what the EEPROM says to everybody is in the log, with the host's name (R7)", async () => {
    await bootPi(lan, { ...BOARD, netconsole: true });
    await server.waitFor(new RegExp(`\\(gamma\\) says: NET_BOOT: ${MAC} TFTP: ${lan.serverAddress}`), 5000);
  });

  test("the log has a line for the start and one for the UEFI of each boot, and none for what a Pi tries", () => {
    const text = server.text();
    expect(text).toMatch(/\(gamma\) is a Raspberry Pi that fetches its boot files/);
    expect(text).not.toMatch(/config\.txt|recovery\.elf|dt-blob|overlay_map|cmdline/);
  });
});

describe.skipIf(lacks("lan", "dnsmasq", "lab-files"))("without UEFI, and as the only DHCP server", () => {
  let folder = "";
  let lan: Lan;
  let server: Program;
  /** In blocks of 512 bytes an old EEPROM fetches 32 MiB at most. */
  const PAD_MB = 34;
  const rollover = (serial: string): PiBoard => ({
    ...BOARD,
    mac: `dc:a6:32:77:06:${serial.slice(-2)}`,
    serial,
  });
  const SMALL = rollover("00000001");
  const LARGE = rollover("00000002");
  const NEWER = rollover("00000003");

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mayfly-native-"));
    const tree = await assemblePiTree(folder);
    await rm(join(tree, "RPI_EFI.fd"));
    await rm(join(tree, "config.txt"));
    const small = await makeImage(join(folder, "builds"), "arm64", "small-1");
    const large = await makeImage(join(folder, "builds"), "arm64", "large-1", { padMb: PAD_MB });
    lan = await createLan({ dhcp: false });
    server = await startMayfly(lan, {
      folder,
      hosts: { small: small.folder, large: large.folder, newer: large.folder },
      config: `dhcp: authoritative
subnets: [{ subnet: 10.77.0.0/24 }]
kernelParams: lab.host=yes
hosts:
  small: { serials: ["${SMALL.serial}"] }
  large: { serials: ["${LARGE.serial}"] }
  newer: { serials: ["${NEWER.serial}"], rpi4: { rollover: true } }
`,
    });
  });
  afterAll(async () => {
    await server?.stop();
    await lan?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("a Pi fetches the kernel and the initrd of its host's build, and starts it with its parameters (R1, R2, R4)", async () => {
    const { end, asked, steps } = await bootPi(lan, SMALL);
    expect(end, JSON.stringify(steps)).toMatchObject({
      step: "started",
      program: expect.stringMatching(/^media\/.*\/bzImage$/),
      kernelParams: expect.stringMatching(/lab\.image=small-1 lab\.host=yes$/),
    });
    expect(asked.filter((path) => path.includes("/media/"))).toHaveLength(3);
    const initrd = steps.find((step) => step.step === "file" && step.path.endsWith("/initrd.zst"));
    expect(initrd).toMatchObject({ outcome: "file" });
  });

  test("a Pi that cannot fetch its initrd is told so before it tries, and so is the log (T5)", async () => {
    const { blockSize: _none, ...board } = LARGE;
    const { end } = await bootPi(lan, board);
    expect(end).toEqual({ step: "stopped", reason: expect.stringContaining("rpi4: { rollover: true }") });
    await server.waitFor(/00000002\/media\/.*initrd.zst.* by tftp: .*31 MiB at most in blocks of 512/, 5000);
  });

  test("in larger blocks it can", async () => {
    expect((await bootPi(lan, LARGE)).end.step).toBe("started");
  });

  test("who says of an old EEPROM that it can count further finds out that it cannot (T5)", async () => {
    const { blockSize: _none, ...board } = NEWER;
    const { end } = await bootPi(lan, board);
    expect(end).toEqual({ step: "stopped", reason: expect.stringMatching(/initrd.zst: rollover$/) });
  });

  test("and of a new one is right (T5)", async () => {
    const { blockSize: _none, ...board } = NEWER;
    expect((await bootPi(lan, { ...board, canRollOver: true })).end.step).toBe("started");
  });
});
