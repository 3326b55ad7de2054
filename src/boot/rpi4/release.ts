/** What `--download` can fetch: the releases by name, their addresses, and which of them a folder still lacks. */

import type { Part } from "./part.ts";
import { BOOT_PROGRAM } from "./places.ts";

/** A release that has a version and one file. */
export type ReleaseName = "uefi" | "pipxe";

/** What an address is given by: a release, or the folder that overlays are fetched from one by one. */
export type DownloadName = ReleaseName | "overlays";

export interface Release {
  readonly name: DownloadName;
  readonly people: string;
  /**
   * These go together: the firmware that pipxe's last release holds looks for the device tree where
   * `config.txt` of v1.34 puts it. From v1.39 on it is elsewhere.
   */
  readonly version: string;
  /** Its file; for overlays, the folder, with `/` at its end. */
  readonly url: (version: string) => string;
}

export const RELEASES: readonly Release[] = [
  {
    name: "uefi",
    people: "the UEFI release of pftf/RPi4",
    version: "v1.34",
    url: (version) =>
      `https://github.com/pftf/RPi4/releases/download/${version}/RPi4_UEFI_Firmware_${version}.zip`,
  },
  {
    name: "pipxe",
    people: "pipxe of valtzu",
    version: "v20230828-rpi4",
    url: (version) => `https://github.com/valtzu/pipxe/releases/download/${version}/tftpboot.zip`,
  },
  {
    name: "overlays",
    people: "overlays of raspberrypi/firmware",
    version: "1.20240424",
    url: (version) => `https://github.com/raspberrypi/firmware/raw/${version}/boot/overlays/`,
  },
];

/** What the person chose: another version, another address, a hash that must match; by name. */
export interface DownloadChoices {
  readonly versions: ReadonlyMap<string, string>;
  readonly urls: ReadonlyMap<string, string>;
  readonly sha256: ReadonlyMap<string, string>;
}

/** One file to fetch. */
export interface Wanted {
  /** By which `--sha256 NAME=HEX` means it: `uefi`, or `overlays/disable-bt.dtbo`. */
  readonly name: string;
  readonly url: string;
  /** Lower case; absent: the lock file tells, or it is the first time. */
  readonly sha256?: string;
}

/** The releases that none of the parts stands for. */
export function wantedReleases(parts: readonly Part[], choices: DownloadChoices): Wanted[] {
  const kinds = new Set(parts.map(({ kind }) => kind));
  const places = new Set(parts.flatMap(({ files }) => files.map(({ place }) => place)));
  const isGiven: Readonly<Record<ReleaseName, boolean>> = {
    uefi: kinds.has("uefi-release") || kinds.has("tree"),
    // Who brings an iPXE has chosen one; that of pipxe would bring its firmware along.
    pipxe: kinds.has("pipxe") || kinds.has("tree") || places.has(BOOT_PROGRAM),
  };
  return RELEASES.flatMap((release) => {
    if (release.name === "overlays" || isGiven[release.name]) return [];
    return [wanted(release.name, addressOf(release, choices), choices)];
  });
}

/** The overlays that `config.txt` names and no part has. */
export function wantedOverlays(names: readonly string[], choices: DownloadChoices): Wanted[] {
  return RELEASES.filter(({ name }) => name === "overlays").flatMap((release) =>
    names.map((name) => {
      const file = `${name}.dtbo`;
      return wanted(`overlays/${file}`, `${addressOf(release, choices)}${encodeURIComponent(file)}`, choices);
    }),
  );
}

function wanted(name: string, url: string, { sha256 }: DownloadChoices): Wanted {
  const hash = sha256.get(name);
  return { name, url, ...(hash === undefined ? {} : { sha256: hash.toLowerCase() }) };
}

function addressOf({ name, version, url }: Release, { versions, urls }: DownloadChoices): string {
  const given = urls.get(name);
  const address = given ?? url(versions.get(name) ?? version);
  return name !== "overlays" || address.endsWith("/") ? address : `${address}/`;
}
