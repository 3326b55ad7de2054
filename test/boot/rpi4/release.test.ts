import { expect, test } from "vitest";
import { recognisePart } from "../../../src/boot/rpi4/part.ts";
import { type DownloadChoices, wantedOverlays, wantedReleases } from "../../../src/boot/rpi4/release.ts";
import { ipxe } from "../../support/rpi4-files.ts";
import { type Files, given, pipxe, uefiRelease } from "../../support/rpi4-parts.ts";

const NOTHING: DownloadChoices = { versions: new Map(), urls: new Map(), sha256: new Map() };

function wanted(choices: DownloadChoices, ...parts: Files[]) {
  const recognised = parts.map((files) => {
    const answer = recognisePart(given("part", files));
    if (answer.type === "refused") throw new Error(answer.reason);
    return answer.part;
  });
  return wantedReleases(recognised, choices);
}

test("with nothing given: the two releases whose firmware and config.txt go together (B2)", () => {
  expect(wanted(NOTHING)).toEqual([
    {
      name: "uefi",
      url: "https://github.com/pftf/RPi4/releases/download/v1.34/RPi4_UEFI_Firmware_v1.34.zip",
    },
    { name: "pipxe", url: "https://github.com/valtzu/pipxe/releases/download/v20230828-rpi4/tftpboot.zip" },
  ]);
});

test("what is given is not downloaded", () => {
  expect(wanted(NOTHING, uefiRelease()).map(({ name }) => name)).toEqual(["pipxe"]);
  expect(wanted(NOTHING, pipxe()).map(({ name }) => name)).toEqual(["uefi"]);
  expect(wanted(NOTHING, uefiRelease(), pipxe())).toEqual([]);
  // An iPXE is what pipxe would have been fetched for.
  expect(wanted(NOTHING, { "ipxe-arm64.efi": ipxe("x") }).map(({ name }) => name)).toEqual(["uefi"]);
});

test("another version, another address, and the hash that it must have", () => {
  const choices: DownloadChoices = {
    versions: new Map([["uefi", "v1.36"]]),
    urls: new Map([["pipxe", "http://127.0.0.1:1/x.zip"]]),
    sha256: new Map([["uefi", "AB".repeat(32)]]),
  };
  expect(wanted(choices)).toEqual([
    {
      name: "uefi",
      url: "https://github.com/pftf/RPi4/releases/download/v1.36/RPi4_UEFI_Firmware_v1.36.zip",
      sha256: "ab".repeat(32),
    },
    { name: "pipxe", url: "http://127.0.0.1:1/x.zip" },
  ]);
});

test("overlays are fetched one by one, their names made safe for an address", () => {
  const urls = new Map([["overlays", "http://127.0.0.1:1/overlays"]]);
  expect(wantedOverlays(["disable-bt", "../x"], { ...NOTHING, urls })).toEqual([
    { name: "overlays/disable-bt.dtbo", url: "http://127.0.0.1:1/overlays/disable-bt.dtbo" },
    { name: "overlays/../x.dtbo", url: "http://127.0.0.1:1/overlays/..%2Fx.dtbo" },
  ]);
  expect(wantedOverlays(["x"], NOTHING)[0]?.url).toBe(
    "https://github.com/raspberrypi/firmware/raw/1.20240424/boot/overlays/x.dtbo",
  );
});
