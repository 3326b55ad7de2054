import { describe, expect, test } from "vitest";
import type { BootClient } from "../../../src/boot/client.ts";
import { decide } from "../../../src/boot/decide.ts";
import { describe as inWords } from "../../../src/boot/describe.ts";
import { answer } from "../../../src/boot/dhcp/answer.ts";
import { identify } from "../../../src/boot/dhcp/identify.ts";
import { isPiNews, MAX_SEEN_PIS, NO_SEEN_PIS, withSeenPi } from "../../../src/boot/rpi4/pi-tree.ts";
import { normalSerial } from "../../../src/boot/rpi4/serial.ts";
import type { Snapshot } from "../../../src/boot/snapshot.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { encodePacket } from "../../../src/wire/dhcp/packet.ts";
import { request, unhex } from "../../support/packets.ts";
import {
  PI_GENERATION,
  PI_HOST,
  PI_MAC,
  PI_SERIAL,
  piWorld,
  SEEN,
  UEFI_PLACES,
} from "../../support/pi-worlds.ts";
import { BETA, GENERATION } from "../../support/worlds.ts";

const ROM: BootClient = {
  mac: PI_MAC,
  stage: "pi-rom",
  isa: "arm64",
  serial: PI_SERIAL,
  piModel: 4,
  arch: 0,
};
const UEFI: BootClient = { mac: PI_MAC, stage: "uefi", isa: "arm64", program: "efi-arm64", arch: 11 };
const IPXE: BootClient = { ...UEFI, stage: "ipxe", serial: `10000000${PI_SERIAL}` };

function brief(client: BootClient, snapshot: Snapshot): string {
  const decision = decide(client, snapshot);
  switch (decision.type) {
    case "firmware":
      return `${decision.boot} for ${decision.host?.name}, ${decision.generation?.id ?? "no build"}`;
    case "chain":
      return `${decision.program.name} for ${decision.host?.name}`;
    case "script":
      return `${decision.generation.id} for ${decision.host.name}`;
    case "silent":
      return decision.reason;
    default:
      return decision.type;
  }
}

describe("one decision for every round of a board's boot (R1)", () => {
  const world = piWorld({ more: [SEEN] });
  const own = "dc-a6-32-01-36-c2/efi/boot/bootaa64.efi for beta";
  test("the EEPROM, the UEFI and iPXE get the same host and the same build", () => {
    expect(brief(ROM, world)).toBe(`uefi for beta, ${PI_GENERATION.id}`);
    expect(brief(UEFI, world)).toBe(own);
    expect(brief(IPXE, world)).toBe(`${PI_GENERATION.id} for beta`);
  });
  test("UEFI, which says no serial number, is known by what its EEPROM has said (R2)", () => {
    expect(brief(UEFI, piWorld())).toBe("unknown-host");
    expect(brief(UEFI, world)).toBe(own);
  });
  test("iPXE is never told to start iPXE again", () => {
    expect(brief(IPXE, piWorld({ shared: [], generation: false, more: [SEEN] }))).toBe("refused");
  });
  test.each([
    ["a host without a build still gets its firmware", ROM, { generation: false }, "uefi for beta, no build"],
    [
      "so does one whose build is for another machine",
      ROM,
      { generation: GENERATION },
      `uefi for beta, ${GENERATION.id}`,
    ],
    ["without a folder there is nothing", ROM, { shared: [] }, "no-pi-firmware"],
    ["a Pi 5 does not get a Pi 4's files", { ...ROM, piModel: 5 }, {}, "no-pi-firmware"],
    [
      "without efi/boot/bootaa64.efi the server's own iPXE is there",
      UEFI,
      { shared: UEFI_PLACES.slice(0, 5) },
      "ipxe-arm64.efi for beta",
    ],
    [
      "another arm64 machine gets the server's own iPXE",
      { ...UEFI, mac: BETA.macs[0] ?? "" },
      { hosts: [BETA] },
      "ipxe-arm64.efi for beta",
    ],
    [
      "a wish for a boot program goes before the folder's",
      UEFI,
      { hosts: [{ ...PI_HOST, bootProgram: "ipxe-arm64.efi" }] },
      "ipxe-arm64.efi for beta",
    ],
  ] as const)("%s", (_name, client, more, expected) => {
    expect(brief(client, piWorld({ ...more, more: [SEEN] }))).toBe(expected);
  });
  test("the log says what is missing and the command that mends it", () => {
    const decision = decide(ROM, piWorld({ shared: [] }));
    const event = {
      type: "dhcp",
      interface: "eth0",
      port: 67,
      request: "DISCOVER",
      client: ROM,
      decision,
    } as const;
    expect(inWords(event)).toMatchObject({
      level: "warn",
      text: expect.stringContaining("'mayfly rpi4 assemble --download'"),
    });
  });
  test("unknown boards that are to be held are brought to iPXE, which shows who they are", () => {
    const held = piWorld({ hosts: [], more: [{ type: "hosts", hosts: [], strangers: "hold" }] });
    expect(brief(ROM, held)).toBe("uefi for undefined, no build");
    expect(brief(UEFI, held)).toBe("dc-a6-32-01-36-c2/efi/boot/bootaa64.efi for undefined");
    expect(brief({ ...IPXE, serial: "other" }, held)).toBe("stranger");
  });
});

describe("what the EEPROM is offered (R4)", () => {
  const PI_97 = unhex("00 52506934 1131a000 320136c2 1045155b");
  const discover = (more: Partial<Parameters<typeof request>[0]> = {}) =>
    request({
      type: "DISCOVER",
      mac: PI_MAC,
      archs: [0],
      vendorClass: "PXEClient:Arch:00000:UNDI:002001",
      options: new Map([[OPTION.CLIENT_UUID, PI_97]]),
      ...more,
    });
  function offerTo(packet: ReturnType<typeof discover>) {
    const snapshot = piWorld({ more: [SEEN] });
    const client = identify(packet);
    if (client === undefined) throw new Error("nobody");
    const server = { arrival: { self: "10.77.0.2" }, port: 67, ports: { http: 8080, tftp: 69 } } as const;
    return answer(packet, client, decide(client, snapshot), server);
  }

  test("a menu of one entry with its name, then the server's address as text without a NUL, and no boot file", () => {
    const offer = offerTo(discover());
    const hex = Buffer.from(offer?.options.get(OPTION.PXE_VENDOR) ?? []).toString("hex");
    const name = Buffer.from("Raspberry Pi Boot   ").toString("hex");
    expect(hex).toBe(`0601030a0400505845${"0917000014"}${name}ff`);
    expect(Buffer.from(offer?.options.get(OPTION.TFTP_SERVER_NAME) ?? []).toString()).toBe("10.77.0.2");
    expect(Buffer.from(offer?.options.get(OPTION.VENDOR_CLASS) ?? []).toString()).toBe("PXEClient");
    expect(offer).toMatchObject({ siaddr: "10.77.0.2", file: "", sname: "" });
    const codes = [...(offer?.options.keys() ?? [])];
    expect(codes).not.toContain(OPTION.BOOT_FILE_NAME);
    expect(codes.indexOf(OPTION.TFTP_SERVER_NAME)).toBeGreaterThan(codes.indexOf(OPTION.PXE_VENDOR));
  });

  test("on the wire 66 comes after 43, and no option has padding in it or before the end (R4)", () => {
    const offer = offerTo(discover());
    const bytes = encodePacket(offer ?? discover());
    const options = [...bytes.subarray(240)];
    const seen: number[] = [];
    for (let at = 0; options[at] !== 255; at += 2 + (options[at + 1] ?? 0)) seen.push(options[at] ?? 0);
    expect(seen).not.toContain(0);
    expect(seen.slice(-2)).toEqual([OPTION.PXE_VENDOR, OPTION.TFTP_SERVER_NAME]);
  });

  test("its UEFI is not shown that menu (R8)", () => {
    const uefi = discover({
      archs: [11],
      vendorClass: "PXEClient:Arch:00011:UNDI:003000",
      options: new Map(),
    });
    const offer = offerTo(uefi);
    expect(offer?.options.has(OPTION.PXE_VENDOR)).toBe(false);
    expect(offer?.file).toBe("dc-a6-32-01-36-c2/efi/boot/bootaa64.efi");
  });
  test("nor is its iPXE (I2, R8)", () => {
    const ipxe = discover({
      archs: [11],
      vendorClass: "PXEClient:Arch:00011:UNDI:003010",
      options: new Map([[OPTION.USER_CLASS, new TextEncoder().encode("iPXE")]]),
    });
    const offer = offerTo(ipxe);
    expect(offer?.options.has(OPTION.PXE_VENDOR)).toBe(false);
    expect(Buffer.from(offer?.options.get(OPTION.BOOT_FILE_NAME) ?? []).toString()).toMatch(/^http:/);
  });
});

describe("serial numbers (R2)", () => {
  test.each([
    ["5b154510", "5b154510"],
    ["5B154510", "5b154510"],
    ["100000005B154510", "5b154510"],
    ["SN 17", "SN 17"],
    ["123456789", "123456789"],
  ])("%s is compared as %s", (serial, expected) => {
    expect(normalSerial(serial)).toBe(expected);
  });
  test("what is known already is no news", () => {
    const seen = withSeenPi(NO_SEEN_PIS, PI_MAC, { serial: PI_SERIAL, model: 4 });
    expect(isPiNews(seen, PI_MAC, { serial: PI_SERIAL, model: 4 })).toBe(false);
    expect(isPiNews(seen, PI_MAC, {})).toBe(false);
    expect(isPiNews(seen, PI_MAC, { serial: "00c0ffee" })).toBe(true);
  });
  test("boards that somebody makes up push out the oldest, and no more", () => {
    let seen = NO_SEEN_PIS;
    const mac = (i: number) =>
      `dc:a6:32:00:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`;
    for (let i = 0; i < MAX_SEEN_PIS + 2; i++) seen = withSeenPi(seen, mac(i), { serial: String(i) });
    expect(seen.byMac.size).toBe(MAX_SEEN_PIS);
    expect(seen.bySerial.has("1")).toBe(false);
    expect(seen.bySerial.get("2")).toBe(mac(2));
  });
});
