import { describe, expect, test } from "vitest";
import { judgeDisc, readDiscMenu } from "../../../src/boot/image/disc-entry.ts";

const INIT = `init=/nix/store/${"0".repeat(32)}-nixos-system-nixos-25.05/init`;
const GRUB = `set timeout=10
menuentry 'NixOS 25.05 Installer' --class installer {
  linux /boot//nix/store/x-linux/bzImage \${isoboot} ${INIT}  root=LABEL=nixos-25.05 quiet
  initrd /boot//nix/store/x-initrd/initrd
}
menuentry 'NixOS 25.05 (debug)' {
  linux /boot/other \${isoboot} debug
  initrd /boot/initrd
}
`;
const ISOLINUX = `SERIAL 0 115200
DEFAULT boot

LABEL memtest
LINUX /boot/memtest.bin

LABEL boot
MENU LABEL NixOS 25.05
LINUX /boot/bzImage
APPEND ${INIT} root=LABEL=nixos-25.05 copytoram
INITRD /boot/initrd

LABEL boot-debug
LINUX /boot/bzImage
APPEND debug
INITRD /boot/initrd
`;

describe("the boot menu of a disc", () => {
  test("of GRUB tells its first entry, without what only GRUB could expand", () => {
    expect(readDiscMenu("EFI/boot/grub.cfg", GRUB)).toEqual({
      kernel: "boot/nix/store/x-linux/bzImage",
      initrd: "boot/nix/store/x-initrd/initrd",
      kernelParams: `${INIT} root=LABEL=nixos-25.05 quiet`,
    });
  });

  test("of SYSLINUX tells the entry that it starts by itself", () => {
    const entry = { kernel: "boot/bzImage", initrd: "boot/initrd" };
    const kernelParams = `${INIT} root=LABEL=nixos-25.05 copytoram`;
    expect(readDiscMenu("isolinux/isolinux.cfg", ISOLINUX)).toEqual({ ...entry, kernelParams });
    const first = readDiscMenu("isolinux/isolinux.cfg", ISOLINUX.replace("DEFAULT boot\n", ""));
    // The first one has no initrd, so it is none that can be started here.
    expect(first).toBeUndefined();
  });

  test("that leads elsewhere, or says nothing, tells nothing", () => {
    expect(readDiscMenu("EFI/boot/grub.cfg", "source /boot/grub/grub.cfg\n")).toBeUndefined();
    expect(readDiscMenu("EFI/boot/grub.cfg", "linux ($root)/k\ninitrd /i\n")).toBeUndefined();
    expect(readDiscMenu("isolinux/isolinux.cfg", "")).toBeUndefined();
  });
});

describe("the Linux of a disc", () => {
  const judge = (kernelParams: string) => judgeDisc({ kernel: "k", initrd: "i", kernelParams });

  test("of NixOS takes the disc from a file, and copies nothing to memory that is there already", () => {
    expect(judge(`${INIT} root=LABEL=nixos-25.05 boot.shell_on_fail copytoram quiet`)).toEqual({
      type: "linux",
      kernelParams: `${INIT} root=/mayfly.iso boot.shell_on_fail quiet`,
    });
  });

  test("of NixOS with systemd in its initrd finds it in a drive only", () => {
    expect(judge(`${INIT} quiet copytoram`)).toEqual({ type: "needs-drive" });
  });

  test("of another system is not known", () => {
    expect(judge("boot=live components root=LABEL=x")).toEqual({ type: "unknown" });
    expect(judge("inst.stage2=hd:LABEL=Fedora quiet")).toEqual({ type: "unknown" });
  });
});
