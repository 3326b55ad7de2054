/** The whole table of architectures: what firmware of each one is offered, on a network where every program is there. */

import { describe, expect, test } from "vitest";
import { decide } from "../../src/boot/decide.ts";
import { bootPart } from "../../src/boot/dhcp/boot-part.ts";
import { identify } from "../../src/boot/dhcp/identify.ts";
import { request } from "../support/packets.ts";
import { worldForEveryone } from "../support/worlds.ts";

/** The boot file that a client with this class and option 93 is given; `undefined` for silence. */
function bootFileFor(vendorClass: string, archs: readonly number[]): string | undefined {
  const packet = request({ vendorClass, archs });
  const client = identify(packet);
  if (client === undefined) return undefined;
  const server = { arrival: { self: "10.77.0.2" }, port: 67, ports: { http: 8080, tftp: 69 } } as const;
  const part = bootPart(packet, client, decide(client, worldForEveryone()), server);
  return part?.file;
}

const five = (arch: number) => String(arch).padStart(5, "0");
const http = (name: string) => `http://10.77.0.2:8080/ipxe/${name}`;

describe("option 93 (Q8)", () => {
  test.each([
    [0, "undionly.kpxe"],
    [6, "ipxe-x86.efi"], // a 32-bit UEFI cannot start a 64-bit program
    [7, "ipxe-x64.efi"],
    [8, "ipxe-x64.efi"],
    [9, "ipxe-x64.efi"],
    [10, "ipxe-arm32.efi"],
    [11, "ipxe-arm64.efi"],
    [27, "ipxe-riscv64.efi"],
    [39, "ipxe-loong64.efi"],
  ])("%i by PXE is given %s (Q8)", (arch, name) => {
    expect(bootFileFor(`PXEClient:Arch:${five(arch)}:UNDI:003000`, [arch])).toBe(name);
    expect(bootFileFor(`PXEClient:Arch:${five(arch)}:UNDI:003000`, [])).toBe(name);
  });

  test.each([
    [15, "ipxe-x86.efi"],
    [16, "ipxe-x64.efi"],
    [17, "ipxe-x64.efi"],
    [18, "ipxe-arm32.efi"],
    [19, "ipxe-arm64.efi"],
    [20, "undionly.kpxe"],
    [28, "ipxe-riscv64.efi"],
    [40, "ipxe-loong64.efi"],
  ])("%i by HTTP Boot is given the URL of %s (Q8, Q9)", (arch, name) => {
    expect(bootFileFor(`HTTPClient:Arch:${five(arch)}:UNDI:003000`, [arch])).toBe(http(name));
  });

  test.each([
    [21, "U-Boot.armv7"],
    [22, "U-Boot.armv8"],
    [22, "U-Boot"],
  ])("%i of %s is given a script, since U-Boot starts no iPXE (Q8)", (arch, vendorClass) => {
    expect(bootFileFor(vendorClass, [arch])).toBe("boot.scr.uimg");
    expect(bootFileFor(vendorClass, [])).toBe("boot.scr.uimg");
  });

  test.each([1, 2, 3, 4, 5, 12, 13, 14, 25, 26, 29, 30, 31, 32, 33, 34, 37, 38, 65535])(
    "%i, Itanium and others of which there is no iPXE, is left alone (Q8)",
    (arch) => {
      expect(bootFileFor(`PXEClient:Arch:${five(arch)}:UNDI:003000`, [arch])).toBeUndefined();
    },
  );

  test("of several the one that the class names counts, else the first one that we have (Q8)", () => {
    expect(bootFileFor("PXEClient:Arch:00011:UNDI:003000", [7, 11])).toBe("ipxe-arm64.efi");
    expect(bootFileFor("PXEClient", [2, 9])).toBe("ipxe-x64.efi");
    expect(bootFileFor("HTTPClient", [7, 16])).toBe(http("ipxe-x64.efi"));
  });
});
