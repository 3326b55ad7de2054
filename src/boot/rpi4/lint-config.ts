/** The rules about `config.txt` of a Raspberry Pi 4 that boots into UEFI. */

import { decodeFdtSize, isFdt } from "../../wire/fdt/header.ts";
import { CONFIG_LINE_LIMIT } from "../../wire/rpi/config-txt.ts";
import type { Board } from "./board.ts";
import type { Finding } from "./finding.ts";
import { type BoardSettings, CONFIG, lastSetting, numberOf, type Setting, type Tree } from "./settings.ts";

const FIRMWARE = "RPI_EFI.fd";

export function lintConfig(tree: Tree, board: Board, read: BoardSettings): Finding[] {
  if (!tree.has(CONFIG)) return [];
  const { settings } = read;
  return [
    ...lintArmstub(tree, settings),
    ...lintAddressPair(tree, settings),
    ...lintRoom(tree, board, settings),
    ...lintOverlays(tree, board, settings),
    ...lintIncludes(read),
    ...lintLength(settings),
  ];
}

function lintArmstub(tree: Tree, settings: readonly Setting[]): Finding[] {
  const armstub = lastSetting(settings, "armstub");
  if (armstub === undefined) {
    // Without one the Pi boots a kernel of its own, which is no mistake where one is named.
    if (!tree.has(FIRMWARE) || lastSetting(settings, "kernel") !== undefined) return [];
    return [
      {
        code: "armstub-missing",
        level: "error",
        place: CONFIG,
        text: "no line names the UEFI firmware",
        cure: `add the line 'armstub=${FIRMWARE}'`,
      },
    ];
  }
  if (tree.has(armstub.value)) return [];
  const wrongCase = [...tree.keys()].find((place) => place.toLowerCase() === armstub.value.toLowerCase());
  return [
    {
      code: "armstub-missing",
      level: "error",
      place: armstub.where,
      text: `'armstub=${armstub.value}' names a file that is not there`,
      cure:
        wrongCase === undefined
          ? `write 'armstub=${FIRMWARE}'`
          : `write 'armstub=${wrongCase}': over TFTP case counts`,
    },
  ];
}

/**
 * The firmware looks for the device tree right behind itself, so its length says where: 0x1f0000 up to
 * pftf v1.38 and pipxe, 0x3e0000 since pftf v1.39, whose own `config.txt` followed only with v1.42.
 */
function lintAddressPair(tree: Tree, settings: readonly Setting[]): Finding[] {
  const firmware = tree.get(FIRMWARE);
  if (firmware === undefined || lastSetting(settings, "armstub")?.value !== FIRMWARE) return [];
  const [start, end] = [
    lastSetting(settings, "device_tree_address"),
    lastSetting(settings, "device_tree_end"),
  ];
  const wanted = [firmware.length, roundUp(firmware.length + 1, 0x100000)] as const;
  if (
    numberOf(start) === wanted[0] &&
    (numberOf(end) ?? 0) > wanted[0] &&
    (numberOf(end) ?? 0) <= wanted[1]
  ) {
    return [];
  }
  const pair = `device_tree_address=${hex(wanted[0])} and device_tree_end=${hex(wanted[1])}`;
  const read = `${start?.value ?? "no address"} to ${end?.value ?? "no end"}`;
  return [
    {
      code: "address-pair",
      level: "error",
      place: start?.where ?? end?.where ?? CONFIG,
      text: `it puts the device tree at ${read}, and this ${FIRMWARE} (${hex(firmware.length)} bytes) looks for it at ${hex(wanted[0])} to ${hex(wanted[1])}`,
      cure: `write ${pair}, or take ${FIRMWARE} and config.txt of one generation`,
    },
  ];
}

/** What the firmware merges in needs room too, but how much is not known before. */
function lintRoom(tree: Tree, board: Board, settings: readonly Setting[]): Finding[] {
  const bytes = tree.get(board.deviceTree);
  const [start, end] = [
    numberOf(lastSetting(settings, "device_tree_address")),
    lastSetting(settings, "device_tree_end"),
  ];
  const room = (numberOf(end) ?? 0) - (start ?? 0);
  if (bytes === undefined || start === undefined || room <= 0 || !isFdt(bytes)) return [];
  // One that is broken has its own finding.
  if (bytes.length < 40 || bytes.length <= room || sizeOf(bytes) <= room) return [];
  return [
    {
      code: "device-tree-room",
      level: "error",
      place: board.deviceTree,
      text: `it has ${bytes.length} bytes, and config.txt leaves ${room} for it`,
      cure: "take the device tree of the UEFI release",
    },
  ];
}

function sizeOf(bytes: Uint8Array): number {
  try {
    return decodeFdtSize(bytes);
  } catch {
    return 0;
  }
}

function lintOverlays(tree: Tree, board: Board, settings: readonly Setting[]): Finding[] {
  return absentOverlays(tree, board, settings).map(({ name, file, setting }) => ({
    code: "overlay-missing",
    level: setting.holds === "yes" ? "error" : "warning",
    place: setting.where,
    text: `'dtoverlay=${name}' has no file ${file}`,
    cure: "give the folder boot/overlays of https://github.com/raspberrypi/firmware, or --download",
  }));
}

export interface AbsentOverlay {
  readonly name: string;
  readonly file: string;
  readonly setting: Setting;
}

/** The overlays that `config.txt` names and that have no file. */
export function absentOverlays(tree: Tree, board: Board, settings: readonly Setting[]): AbsentOverlay[] {
  const folder = overlayFolder(tree, settings);
  return settings.flatMap((setting) => {
    const name = setting.key === "dtoverlay" ? overlayName(setting.value) : undefined;
    if (name === undefined) return [];
    // With the help of overlay_map.dtb the Pi takes the variant for its processor.
    const names = [name, ...board.models.map((model) => `${name}-${model}`)];
    const isThere = names.some((each) => tree.has(`${folder}${each}.dtbo`));
    return isThere ? [] : [{ name, file: `${folder}${name}.dtbo`, setting }];
  });
}

/** `dtoverlay=NAME,parameter=value`; without a name the line ends the overlay before it. */
function overlayName(value: string): string | undefined {
  const name = (value.split(/[,:]/)[0] ?? "").trim();
  return name === "" ? undefined : name;
}

/** Where the Pi looks for overlays: `os_prefix` counts only if a README shows that there are some. */
function overlayFolder(tree: Tree, settings: readonly Setting[]): string {
  const folder = lastSetting(settings, "overlay_prefix")?.value ?? "overlays/";
  const prefix = lastSetting(settings, "os_prefix")?.value ?? "";
  return tree.has(`${prefix}${folder}README`) ? `${prefix}${folder}` : folder;
}

function lintIncludes({ missing }: BoardSettings): Finding[] {
  return missing.map(({ file, where }) => ({
    code: "include-missing",
    level: "error",
    place: where,
    text: `it includes '${file}', which is not there`,
    cure: "add the file or remove the line",
  }));
}

function lintLength(settings: readonly Setting[]): Finding[] {
  return settings
    .filter(({ ignoredBytes }) => ignoredBytes > 0)
    .map(({ where, ignoredBytes }) => ({
      code: "line-too-long",
      level: "warning",
      place: where,
      text: `a Pi reads ${CONFIG_LINE_LIMIT} bytes of a line, and ignores the last ${ignoredBytes} of this one`,
      cure: "shorten it, or split it",
    }));
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
