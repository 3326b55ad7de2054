import { describe, expect, test } from "vitest";
import { decide } from "../../../src/boot/decide.ts";
import type { Generation } from "../../../src/boot/generation.ts";
import { apply, type Snapshot } from "../../../src/boot/snapshot.ts";
import { routeTftp } from "../../../src/boot/tftp/tftp-route.ts";
import { decodeScriptImage } from "../../../src/wire/u-boot/script-image.ts";
import { BETA, BETA_MAC, DEFAULT_HOST, GENERATION, snapshotOf } from "../../support/worlds.ts";

const SITE = {
  self: "10.77.0.2",
  ports: { http: 8080, tftp: 69 },
  identifyScript: () => "#!ipxe\n",
};
const NAME = "pxelinux.cfg/01-52-54-00-12-34-56";
const route = (name: string, world: Snapshot) => routeTftp(name, world, SITE);
/** Without a kernel that is known, only the disc's own loader starts it. */
const armDisc = (): Generation => {
  const { kernel: _none, ...disc } = arm({ bootFile: { type: "iso", file: "a.iso", bios: true } });
  return disc;
};
const arm = (more: Partial<Generation> = {}): Generation => ({
  ...GENERATION,
  kernel: { file: "Image", isa: "arm64", format: "image" },
  initrds: ["initrd.zst"],
  ...more,
});

function textOf(name: string, world: Snapshot): string {
  const found = route(name, world);
  return found.type === "bytes" ? new TextDecoder().decode(found.bytes) : JSON.stringify(found);
}

describe("the script", () => {
  test.each(["boot.scr.uimg", "boot.scr", "efi/boot/boot.scr"])(
    "%s is the same for every machine, and sends it to its configuration",
    (name) => {
      const found = route(name, snapshotOf([]));
      const image = found.type === "bytes" ? decodeScriptImage(found.bytes) : undefined;
      expect(image?.script).toMatch(/^if pxe get; then\n\s*pxe boot\n[\s\S]*^fi\necho "Mayfly: no image/m);
      expect(found).not.toHaveProperty("asked");
    },
  );
});

describe("the configuration", () => {
  test("of a machine names the files of its generation, the builder's parameters and the host's", () => {
    const host = { ...BETA, kernelParams: "console=ttyAMA0" };
    const id = GENERATION.id;
    expect(textOf(NAME, snapshotOf([host], arm()))).toBe(
      `default mayfly\nprompt 0\nlabel mayfly\nkernel media/${id}/Image\ninitrd media/${id}/initrd.zst\n` +
        `append ${GENERATION.kernelParams} console=ttyAMA0\n`,
    );
  });

  test("comes of the decision that DHCP asks for too, and says which machine asked", () => {
    const world = snapshotOf([BETA], arm());
    const decision = decide({ mac: BETA_MAC, stage: "u-boot" }, world);
    expect(route(NAME, world)).toMatchObject({
      asked: { client: { mac: BETA_MAC, stage: "u-boot" }, decision },
    });
  });

  test("is found below the folder of a boot file, and so are the files that it names", () => {
    const world = snapshotOf([BETA], arm());
    expect(route(`efi/boot/${NAME}`, world)).toMatchObject({ type: "bytes" });
    expect(route(`efi/boot/media/${GENERATION.id}/bzImage`, world)).toMatchObject({ type: "media" });
  });

  test.each<[name: string, generation: Generation | undefined, reason: RegExp]>([
    ["no complete image yet", undefined, /beta .* has no complete image yet.*nix build/],
    [
      "a UKI",
      arm({ bootFile: { type: "uki", file: "a.efi", bios: false } }),
      /is a unified kernel image.*kexecTree/,
    ],
    ["an ISO image", armDisc(), /is an ISO image/],
    ["a script for iPXE", arm({ ownScript: "netboot.ipxe" }), /is a script for iPXE/],
    ["two initrds", arm({ initrds: ["a", "b"] }), /several initrds/],
    [
      "a kernel packed as an EFI program",
      arm({ kernel: { file: "Image", format: "zboot" } }),
      /unpacks itself as an EFI program/,
    ],
    ["a name that is too long", arm({ id: "g".repeat(120) }), /has more than 127 characters/],
  ])("of a machine with %s is refused, and its screen says why (T10)", (_name, generation, reason) => {
    const world = generation === undefined ? snapshotOf([BETA]) : snapshotOf([BETA], generation);
    const message = expect.stringMatching(reason);
    expect(route(NAME, world)).toMatchObject({ type: "refused", code: 1, message, expected: false });
  });

  test("of a stranger is refused without any news, whatever happens to other strangers (T7)", () => {
    const strangers = apply(snapshotOf([]), [{ type: "hosts", hosts: [], strangers: "hold" }]);
    for (const world of [snapshotOf([]), strangers]) {
      expect(route(NAME, world)).toMatchObject({ type: "refused", code: 1, expected: true });
    }
  });

  test("of a machine that only the default covers is the default's", () => {
    const world = apply(snapshotOf([]), [
      { type: "hosts", hosts: [DEFAULT_HOST], defaultHost: "default" },
      { type: "published", image: "default", generation: arm() },
    ]);
    expect(textOf(NAME, world)).toContain(`kernel media/${GENERATION.id}/Image`);
  });

  test.each(["pxelinux.cfg/0A4D0064", "pxelinux.cfg/default-arm", "pxelinux.cfg/default", "0A4D0064.img"])(
    "by a name that tells no machine, %s, is refused: an address may have been another's (T7)",
    (name) => {
      expect(route(name, snapshotOf([BETA], arm()))).toMatchObject({ type: "refused", expected: true });
    },
  );
});
