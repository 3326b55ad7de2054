import fc from "fast-check";
import { expect, test } from "vitest";
import { lintTree } from "../../../src/boot/rpi4/lint.ts";
import { type GivenPart, type Part, recognisePart } from "../../../src/boot/rpi4/part.ts";
import { planTree, treeOf } from "../../../src/boot/rpi4/plan.ts";
import { ipxe, NEW_FIRMWARE_BYTES, text } from "../../support/rpi4-files.ts";
import { given, givenFile, overlays, pipxe, raspiFirmware, uefiRelease } from "../../support/rpi4-parts.ts";

function parts(...givens: GivenPart[]): Part[] {
  return givens.map((each) => {
    const answer = recognisePart(each);
    if (answer.type === "refused") throw new Error(answer.reason);
    return answer.part;
  });
}

/** From which part each file comes. */
function sources(...givens: GivenPart[]): Record<string, string> {
  return Object.fromEntries(planTree(parts(...givens)).files.map(({ place, source }) => [place, source]));
}

const release = given("release", uefiRelease());
const build = given("pipxe", pipxe());
const folder = given("overlays", overlays());
const debian = given("debian", raspiFirmware());

test("the documents' recipe: pipxe's firmware and program over the release, overlays added to it (B3, B4)", () => {
  expect(sources(release, build, folder)).toEqual({
    COPYING: "pipxe",
    "License.txt": "pipxe",
    "RPI_EFI.fd": "pipxe",
    "bcm2711-rpi-4-b.dtb": "release",
    "bcm2711-rpi-400.dtb": "release",
    "bcm2711-rpi-cm4.dtb": "release",
    "config.txt": "release",
    "efi/boot/bootaa64.efi": "pipxe",
    "firmware/LICENCE.txt": "release",
    "firmware/Readme.txt": "release",
    "firmware/brcm/brcmfmac43455-sdio.bin": "release",
    "fixup4.dat": "release",
    "overlays/README": "overlays",
    "overlays/disable-bt.dtbo": "overlays",
    "overlays/hat_map.dtb": "overlays",
    "overlays/miniuart-bt.dtbo": "release",
    "overlays/overlay_map.dtb": "overlays",
    "overlays/upstream-pi4.dtbo": "release",
    "start4.elf": "release",
  });
});

test("what comes of the recipe has nothing to find fault with", () => {
  expect(lintTree(treeOf(planTree(parts(release, build, folder))))).toEqual([]);
});

test("miniuart-bt and upstream-pi4 are always those of the release, in whatever order the parts come (B4)", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([build, folder, debian]), fc.nat(3), (others, at) => {
      const found = sources(...others.toSpliced(at, 0, release));
      expect(found["overlays/miniuart-bt.dtbo"]).toBe("release");
      expect(found["overlays/upstream-pi4.dtbo"]).toBe("release");
      expect(found["config.txt"]).toBe("release");
    }),
  );
});

test("start4.elf and fixup4.dat come from one part, whatever the parts are", () => {
  const half = given("half", { "start4.elf": uefiRelease()["start4.elf"] ?? new Uint8Array() });
  fc.assert(
    fc.property(fc.shuffledSubarray([release, build, debian, half], { minLength: 2 }), (some) => {
      const found = sources(...some);
      expect(found["fixup4.dat"]).toBe(found["start4.elf"]);
    }),
  );
});

test("without a release, pipxe's own files make the folder", () => {
  const found = sources(build, folder);
  expect(found).toMatchObject({
    "config.txt": "pipxe",
    "start4.elf": "pipxe",
    "overlays/upstream-pi4.dtbo": "overlays",
  });
  expect(lintTree(treeOf(planTree(parts(build, folder))))).toEqual([]);
});

test("a file that is given by itself is meant, and wins", () => {
  const found = sources(
    release,
    build,
    givenFile("my-config.txt", text("armstub=RPI_EFI.fd\n")),
    givenFile("my.efi", ipxe("mine")),
  );
  expect(found).toMatchObject({
    "config.txt": "my-config.txt",
    "efi/boot/bootaa64.efi": "my.efi",
    "RPI_EFI.fd": "pipxe",
  });
});

test("of two parts of one kind the first wins, and the other is named", () => {
  const other = given("newer", uefiRelease(NEW_FIRMWARE_BYTES));
  const file = planTree(parts(release, other)).files.find(({ place }) => place === "RPI_EFI.fd");
  expect(file).toMatchObject({ source: "release", instead: ["newer"] });
});

test("a part that has the same file is not named as one that lost", () => {
  const file = planTree(parts(release, given("copy", uefiRelease()))).files.find(
    ({ place }) => place === "config.txt",
  );
  expect(file).toMatchObject({ source: "release", instead: [] });
});

test("what was left out is told", () => {
  expect(planTree(parts(build)).leftOut).toEqual([
    "efi/boot/autoexec.ipxe of pipxe is left out: the server makes its own",
  ]);
});
