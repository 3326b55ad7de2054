import { describe, expect, test } from "vitest";
import { identify, identifyIfAble } from "../../../src/boot/dhcp/identify.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { encodeText } from "../../../src/wire/dhcp/text.ts";
import { IPXE_175, MAC, pxeClass, type RequestFacts, request, UUID, unhex } from "../../support/packets.ts";

const IPXE_77 = [OPTION.USER_CLASS, encodeText("iPXE")] as const;
const PI_MAC = "dc:a6:32:01:36:c2";
const PI_CLASS = pxeClass(0, "002001");
/** Option 97 of a Pi 4 with the serial number 5b154510. */
const PI_97 = [OPTION.CLIENT_UUID, unhex("00 52506934 1131a000 320136c2 1045155b")] as const;

function who(facts: RequestFacts, ...options: (readonly [number, Uint8Array])[]) {
  return identify(request({ ...facts, options: new Map(options) }));
}

describe("a client that netboots", () => {
  test.each([
    [0, "rom", "x86", "bios-x86"],
    [6, "uefi", "x86", "efi-x86"],
    [7, "uefi", "x86", "efi-x64"],
    [9, "uefi", "x86", "efi-x64"],
    [10, "uefi", "arm32", "efi-arm32"],
    [11, "uefi", "arm64", "efi-arm64"],
    [27, "uefi", "riscv64", "efi-riscv64"],
  ])("PXE with architecture %i is %s on %s and gets %s", (arch, stage, isa, program) => {
    expect(who({ vendorClass: pxeClass(arch), archs: [arch], uuid: UUID })).toEqual({
      mac: MAC,
      uuid: UUID,
      stage,
      isa,
      program,
      arch,
    });
  });

  test.each([
    [16, "x86", "efi-x64"],
    [19, "arm64", "efi-arm64"],
  ])("HTTP Boot with architecture %i is told by its class (Q9)", (arch, isa, program) => {
    expect(who({ vendorClass: `HTTPClient:Arch:000${arch}:UNDI:003000`, archs: [arch] })).toEqual({
      mac: MAC,
      stage: "http-boot",
      isa,
      program,
      arch,
    });
  });
});

describe("the architecture", () => {
  test("comes from the class when option 93 is absent (Q8)", () => {
    expect(who({ vendorClass: pxeClass(11) })).toMatchObject({
      stage: "uefi",
      program: "efi-arm64",
      arch: 11,
    });
  });

  test.each([[[]], [[0xffff]]])("comes from the class when option 93 is unusable: %j (Q8)", (archs) => {
    expect(who({ vendorClass: pxeClass(11), archs })).toMatchObject({ program: "efi-arm64", arch: 11 });
  });

  test("comes from the class when option 93 has an odd number of bytes (Q8)", () => {
    const odd = [OPTION.CLIENT_ARCH, Uint8Array.of(7)] as const;
    expect(who({ vendorClass: pxeClass(7) }, odd)).toMatchObject({ program: "efi-x64" });
  });

  test("of several is the one that the class names", () => {
    expect(who({ vendorClass: pxeClass(7), archs: [6, 7] })).toMatchObject({ program: "efi-x64", arch: 7 });
  });

  test("of several is else the first that is fetched the way the class says", () => {
    expect(who({ vendorClass: "PXEClient", archs: [16, 7, 6] })).toMatchObject({ arch: 7 });
    expect(who({ vendorClass: "HTTPClient", archs: [7, 16] })).toMatchObject({ arch: 16 });
  });

  test("of Itanium has no program, but the number is told (Q8)", () => {
    const client = who({ vendorClass: pxeClass(2), archs: [2] });
    expect(client).toEqual({ mac: MAC, stage: "rom", arch: 2 });
  });

  test("may be absent altogether", () => {
    expect(who({ vendorClass: "PXEClient" })).toEqual({ mac: MAC, stage: "rom" });
  });
});

describe("iPXE", () => {
  test.each([
    ["a raw user class (I1)", [[OPTION.USER_CLASS, encodeText("iPXE")]]],
    ["a user class in the form of RFC 3004 (I1)", [[OPTION.USER_CLASS, encodeText("\x04iPXE")]]],
    ["its own option 175 alone", [[OPTION.IPXE, IPXE_175]]],
  ] as const)("is told by %s", (_, options) => {
    expect(who({ vendorClass: pxeClass(0, "002001"), archs: [0] }, ...options)).toMatchObject({
      stage: "ipxe",
      program: "bios-x86",
    });
  });

  test("may have the bare class, as after proxyDHCP", () => {
    expect(who({ vendorClass: "PXEClient", archs: [11] }, IPXE_77)).toMatchObject({
      stage: "ipxe",
      isa: "arm64",
    });
  });

  test("without HTTP or bzImage in a BIOS is given a whole one, as any ROM (Q13)", () => {
    // Built from what is known of VirtualBox's ROM: TFTP and PXE, no HTTP.
    const stripped = [OPTION.IPXE, unhex("eb03010000 150101 210101")] as const;
    expect(who({ vendorClass: pxeClass(0), archs: [0] }, IPXE_77, stripped)).toMatchObject({ stage: "rom" });
    const noKernel = [OPTION.IPXE, unhex("eb03010000 130101")] as const;
    expect(who({ vendorClass: pxeClass(0), archs: [0] }, IPXE_77, noKernel)).toMatchObject({ stage: "rom" });
    expect(who({ vendorClass: pxeClass(7), archs: [7] }, IPXE_77, noKernel)).toMatchObject({ stage: "ipxe" });
    expect(who({ vendorClass: pxeClass(7), archs: [7] }, IPXE_77, stripped)).toMatchObject({ stage: "uefi" });
  });

  test("is not every client with something in option 175", () => {
    const other = [OPTION.IPXE, unhex("e00101")] as const;
    expect(who({ vendorClass: pxeClass(7), archs: [7] }, other)).toMatchObject({ stage: "uefi" });
  });
});

describe("the machine's UUID", () => {
  test.each(["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"])(
    "%s is none",
    (uuid) => {
      expect(who({ vendorClass: pxeClass(7), archs: [7], uuid })).not.toHaveProperty("uuid");
    },
  );

  test("may be an empty option (Q5)", () => {
    const empty = [OPTION.CLIENT_UUID, new Uint8Array()] as const;
    expect(who({ vendorClass: pxeClass(7), archs: [7] }, empty)).not.toHaveProperty("uuid");
  });

  test("of a wrong length is malformed, so that the operator learns of it (Q5)", () => {
    const short = [OPTION.CLIENT_UUID, new Uint8Array(16)] as const;
    expect(() => who({ vendorClass: pxeClass(7), archs: [7] }, short)).toThrow("option 97 has 16 bytes");
  });

  test("in the place of the MAC leaves the MAC to option 61", () => {
    const header = { hlen: 16, chaddr: unhex("4445 4c4c 4200 1035 8052 b4c04f4e4d31 0000") };
    const id = [OPTION.CLIENT_ID, unhex("01 525400123456")] as const;
    expect(who({ vendorClass: pxeClass(7), archs: [7], header }, id)).toMatchObject({ mac: MAC });
    expect(who({ vendorClass: pxeClass(7), archs: [7], header })).toBeUndefined();
  });
});

// These packets are built from what is known of the EEPROM: no capture of one is at hand.
describe("the EEPROM of a Raspberry Pi, built from R1 to R5", () => {
  const eeprom = { mac: PI_MAC, vendorClass: PI_CLASS, archs: [0] };

  test("is told by option 97, which has its serial number (R2)", () => {
    expect(who(eeprom, PI_97)).toEqual({
      mac: PI_MAC,
      stage: "pi-rom",
      piModel: 4,
      facts: { manufacturer: "Raspberry Pi", product: "Raspberry Pi 4, revision a03111" },
      serial: "5b154510",
      isa: "arm64",
      arch: 0,
    });
  });

  test("is told by option 97 whatever its MAC (R2)", () => {
    expect(who({ ...eeprom, mac: MAC }, PI_97)).toMatchObject({ stage: "pi-rom", serial: "5b154510" });
  });

  test("is told by option 97 in a REQUEST, which has no class (R5)", () => {
    expect(who({ mac: PI_MAC, type: "REQUEST" }, PI_97)).toEqual({
      mac: PI_MAC,
      stage: "pi-rom",
      piModel: 4,
      facts: { manufacturer: "Raspberry Pi", product: "Raspberry Pi 4, revision a03111" },
      serial: "5b154510",
      isa: "arm64",
    });
  });

  test.each(["b8:27:eb", "dc:a6:32", "e4:5f:01", "28:cd:c1", "d8:3a:dd", "2c:cf:67", "88:a2:9e"])(
    "of before March 2020 is told by class and the maker's %s together (R3)",
    (oui) => {
      const mac = `${oui}:01:36:c2`;
      const old97 = [OPTION.CLIENT_UUID, unhex(`00${"1045155b".repeat(4)}`)] as const;
      expect(who({ ...eeprom, mac }, old97)).toEqual({
        mac,
        stage: "pi-rom",
        serial: "5b154510",
        isa: "arm64",
        arch: 0,
      });
      expect(who({ ...eeprom, mac })).toMatchObject({ stage: "pi-rom" });
    },
  );

  test("is not its UEFI, which has the same MAC and asks as arm64 (R3, R8)", () => {
    const uefi = who({ mac: PI_MAC, vendorClass: pxeClass(11), archs: [11], uuid: UUID });
    expect(uefi).toMatchObject({ stage: "uefi", program: "efi-arm64", uuid: UUID });
    expect(who({ mac: PI_MAC, vendorClass: pxeClass(11), archs: [11] }, PI_97)).toMatchObject({
      stage: "uefi",
      serial: "5b154510",
    });
    expect(who({ mac: PI_MAC, vendorClass: pxeClass(11) })).toMatchObject({ stage: "uefi" });
  });

  test("is not iPXE on a Pi (R3)", () => {
    expect(who(eeprom, IPXE_77)).toMatchObject({ stage: "ipxe" });
    expect(who(eeprom, PI_97, IPXE_77)).toMatchObject({ stage: "ipxe" });
  });

  test("is not UEFI HTTP Boot on a Pi (R3)", () => {
    const http = { mac: PI_MAC, vendorClass: "HTTPClient:Arch:00019:UNDI:003000", archs: [19] };
    expect(who(http)).toMatchObject({ stage: "http-boot" });
  });

  test("is not a BIOS with the same class and another maker's MAC (R1)", () => {
    expect(who({ ...eeprom, mac: MAC })).toMatchObject({ stage: "rom", program: "bios-x86" });
  });
});

describe("nobody is", () => {
  test.each([
    ["udhcpc", "udhcp 1.35.0"],
    ["Windows", "MSFT 5.0"],
    ["Android", "android-dhcp-14"],
    ["the booted kernel", "Linux ipconfig"],
    ["a client without a class", undefined],
  ])("%s", (_, vendorClass) => {
    expect(who({ ...(vendorClass !== undefined && { vendorClass }) })).toBeUndefined();
  });

  test("a booted Raspberry Pi: its MAC alone says nothing (R3)", () => {
    expect(who({ mac: PI_MAC })).toBeUndefined();
    expect(who({ mac: PI_MAC, vendorClass: "dhcpcd-9.4.1:Linux-6.1:aarch64:BCM2835" })).toBeUndefined();
  });

  test("a plain client with an unusual option 97, 77 or 175", () => {
    expect(who({}, [OPTION.CLIENT_UUID, Uint8Array.of(1, 2)])).toBeUndefined();
    expect(who({}, [OPTION.USER_CLASS, encodeText("laptops")])).toBeUndefined();
    expect(who({}, [OPTION.IPXE, Uint8Array.of(1, 9)])).toBeUndefined();
  });

  test.each([
    ["no Ethernet", { htype: 32 }],
    ["no hardware address", { hlen: 0 }],
    ["an address of zeros", { chaddr: new Uint8Array(16) }],
    ["a multicast address", { chaddr: unhex(`01005e000001${"00".repeat(10)}`) }],
  ])("a PXE client with %s", (_, header) => {
    expect(who({ vendorClass: pxeClass(7), archs: [7], header })).toBeUndefined();
  });
});

test("where the address comes first, malformed boot options make nobody of a client, and no error", () => {
  const packet = request({ vendorClass: "PXEClient", options: new Map([[97, Uint8Array.of(0, 1)]]) });
  expect(() => identify(packet)).toThrow(/option 97/);
  expect(identifyIfAble(packet)).toBeUndefined();
});
