/** Variables that we put into a firmware's store, read back by real firmware of EDK2: AAVMF, whose store has the Pi's format. */

import { copyFile, mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { variablesOf } from "../../src/boot/rpi4/uefi-settings.ts";
import { ensureLabFiles } from "../../src/lab/files.ts";
import { type Program, startProgram } from "../../src/lab/program.ts";
import { bootOrder, bootTimeout, fileBootEntry } from "../../src/wire/efi/load-option.ts";
import {
  findVariableStore,
  liveVariables,
  setVariables,
  type Variable,
} from "../../src/wire/efi/variable-store.ts";
import { lacks } from "../support/needs.ts";
import { tempFolder } from "../support/temp-folder.ts";

const CODE = "/usr/share/AAVMF/AAVMF_CODE.fd";
const VARIABLES = "/usr/share/AAVMF/AAVMF_VARS.fd";
/** The volume for variables; the flash behind it is empty. */
const VOLUME_BYTES = 0xc0000;
const WITHIN_MS = 120_000;
const CONFIG_GUID = "CD7CC258-31DB-22E6-9F22-63B0B8EED6B5";

/** A machine without a network, with a disk on which the firmware's shell finds what to do. */
async function boot(folder: string, script: readonly string[]): Promise<Program> {
  const disk = join(folder, "disk");
  await mkdir(disk, { recursive: true });
  await writeFile(join(disk, "startup.nsh"), `${script.join("\r\n")}\r\n`);
  return startProgram(
    [
      "qemu-system-aarch64",
      ...["-accel", "tcg,thread=multi", "-M", "virt", "-cpu", "cortex-a57", "-m", "512"],
      ...["-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot", "-nodefaults"],
      ...["-drive", `if=pflash,format=raw,unit=0,readonly=on,file=${CODE}`],
      ...["-drive", `if=pflash,format=raw,unit=1,file=${join(folder, "vars.fd")}`],
      ...["-drive", `if=none,id=d0,format=raw,readonly=on,file=fat:${disk}`],
      ...["-device", "virtio-blk-pci,drive=d0"],
    ],
    { name: "aavmf" },
  );
}

async function readVolume(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(new Uint8Array(VOLUME_BYTES), 0, VOLUME_BYTES, 0);
    return buffer;
  } finally {
    await file.close();
  }
}

async function writeVolume(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.write(bytes, 0, bytes.length, 0);
  } finally {
    await file.close();
  }
}

function named(volume: Uint8Array, name: string): Variable | undefined {
  return liveVariables(findVariableStore(volume)).find((each) => each.name === name);
}

function numbers(order: Variable | undefined): number[] {
  const { data } = order ?? { data: new Uint8Array() };
  return Array.from(
    { length: data.length / 2 },
    (_, index) => (data[2 * index] ?? 0) | ((data[2 * index + 1] ?? 0) << 8),
  );
}

describe.skipIf(lacks("qemu-system-aarch64", "lab-files"))("a firmware's variables", () => {
  test("that we set are read back by the firmware, which boots the entry that we put first (R8)", async () => {
    const folder = tempFolder();
    const flash = join(folder, "vars.fd");
    await copyFile(VARIABLES, flash);
    // As Debian ships it the store is empty: the firmware formats it, and fills it with what it finds.
    const first = await boot(folder, ["reset -s"]);
    await first.waitFor(/> reset -s/, WITHIN_MS);
    await first.ended;
    const before = await readVolume(flash);
    const order = numbers(named(before, "BootOrder"));
    expect(order.length).toBeGreaterThan(0);

    const ours = [
      ...variablesOf({ ramLimit: "off", systemTable: "dt" }),
      fileBootEntry(0x42, "Mayfly", "\\mark\\ipxe.efi"),
      bootOrder([0x42, ...order]),
      bootTimeout(1),
    ];
    await writeVolume(flash, setVariables(before, ours));
    await mkdir(join(folder, "disk", "mark"), { recursive: true });
    const { ipxe200 } = await ensureLabFiles();
    await copyFile(join(ipxe200, "ipxe-arm64.efi"), join(folder, "disk", "mark", "ipxe.efi"));

    const second = await boot(folder, [
      `dmpstore RamLimitTo3GB -guid ${CONFIG_GUID}`,
      `dmpstore SystemTableMode -guid ${CONFIG_GUID}`,
      "dmpstore Timeout",
      "reset -s",
    ]);
    // The entry comes first: without it the firmware goes to its shell.
    await second.waitFor(/iPXE initialising devices/, WITHIN_MS);
    await second.waitFor(/> reset -s/, WITHIN_MS);
    await second.ended;
    const text = second.text().replaceAll(/\r/g, "");
    expect(text).toMatch(/NV\+RT\+BS '[^']*RamLimitTo3GB' DataSize = 0x04\s+00000000: 00 00 00 00/);
    expect(text).toMatch(/NV\+RT\+BS '[^']*SystemTableMode' DataSize = 0x04\s+00000000: 02 00 00 00/);
    expect(text).toMatch(/NV\+RT\+BS '[^']*Timeout' DataSize = 0x02\s+00000000: 01 00/);

    // And what the firmware has written since stands beside ours in one sound store.
    const after = await readVolume(flash);
    for (const { name, data } of ours) expect([name, named(after, name)?.data]).toEqual([name, data]);
  });
});
