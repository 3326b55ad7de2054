import { describe, expect, test } from "vitest";
import { decide } from "../../../src/boot/decide.ts";
import { answer } from "../../../src/boot/dhcp/answer.ts";
import { identify } from "../../../src/boot/dhcp/identify.ts";
import { replyLimit, replyType } from "../../../src/boot/dhcp/reply-type.ts";
import type { OfferVariant } from "../../../src/boot/ladder/offer-variant.ts";
import { apply, type Snapshot } from "../../../src/boot/snapshot.ts";
import { decodeMessageType } from "../../../src/wire/dhcp/message-type.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { BROADCAST_FLAG, type DhcpPacket, encodePacket } from "../../../src/wire/dhcp/packet.ts";
import { decodePxeVendorOptions } from "../../../src/wire/dhcp/pxe-vendor.ts";
import { decodeText, encodeText } from "../../../src/wire/dhcp/text.ts";
import { IPXE_175, MAC, pxeClass, type RequestFacts, request, UUID, unhex } from "../../support/packets.ts";
import { GENERATION, worldFor, worldForEveryone } from "../../support/worlds.ts";

const SELF = "10.77.0.2";
const BIOS: RequestFacts = { vendorClass: pxeClass(0, "002001"), archs: [0], uuid: UUID };
const UEFI: RequestFacts = { vendorClass: pxeClass(7), archs: [7], uuid: UUID };
const HTTP: RequestFacts = { vendorClass: "HTTPClient:Arch:00016:UNDI:003000", archs: [16], uuid: UUID };
const IPXE: RequestFacts = { ...BIOS, options: new Map([[OPTION.IPXE, IPXE_175]]) };
/** As a client asks on 4011: it has an address by then. */
const WITH_ADDRESS = { ciaddr: "10.77.0.145" };

function replyTo(
  packet: DhcpPacket,
  port: 67 | 4011 = 67,
  world: Snapshot = worldForEveryone(),
  more: { readonly syslog?: number } = {},
) {
  const client = identify(packet);
  if (client === undefined) throw new Error("this test's packet is nobody's");
  const server = { arrival: { self: SELF }, port, ports: { http: 8080, tftp: 69, ...more } };
  return answer(packet, client, decide(client, world), server);
}

function reply(facts: RequestFacts, port: 67 | 4011 = 67): DhcpPacket {
  const made = replyTo(request(facts), port);
  if (made === undefined) throw new Error("this test's request got silence");
  return made;
}

function text(packet: DhcpPacket, code: number): string | undefined {
  const value = packet.options.get(code);
  return value && decodeText(value);
}

function typeOf(packet: DhcpPacket): string | undefined {
  return decodeMessageType(packet.options.get(OPTION.MESSAGE_TYPE) ?? new Uint8Array());
}

describe("a BIOS ROM", () => {
  test("is told its boot file everywhere it may look, and to show no menu (Q3, Q6)", () => {
    const offer = reply(BIOS);
    expect(typeOf(offer)).toBe("OFFER");
    expect(offer).toMatchObject({ siaddr: SELF, sname: SELF, file: "undionly.kpxe", yiaddr: "0.0.0.0" });
    expect(text(offer, OPTION.VENDOR_CLASS)).toBe("PXEClient");
    expect(offer.options.get(OPTION.PXE_VENDOR)).toEqual(unhex("06 01 08 ff"));
    expect(text(offer, OPTION.BOOT_FILE_NAME)).toBe("undionly.kpxe\0");
    expect(text(offer, OPTION.TFTP_SERVER_NAME)).toBe(`${SELF}\0`);
    expect(offer.options.get(OPTION.SERVER_ID)).toEqual(Uint8Array.of(10, 77, 0, 2));
  });

  test("is answered on 4011 too (Q3)", () => {
    const ack = reply({ ...BIOS, type: "REQUEST", header: WITH_ADDRESS }, 4011);
    expect(typeOf(ack)).toBe("ACK");
    expect(ack).toMatchObject({ ...WITH_ADDRESS, siaddr: SELF, file: "undionly.kpxe" });
    expect(ack.options.get(OPTION.PXE_VENDOR)).toEqual(unhex("06 01 08 ff"));
  });

  test("finds option 66 behind 43, and 67 never at the end (R4, Q7)", () => {
    const codes = [...reply(BIOS).options.keys()];
    expect(codes).toEqual([53, 54, 60, 43, 66, 67, 97]);
  });
});

describe("UEFI PXE", () => {
  test("gets an offer without option 43, which older EDK2 throws away (Q1)", () => {
    const offer = reply(UEFI);
    expect(offer.options.has(OPTION.PXE_VENDOR)).toBe(false);
    expect(offer).toMatchObject({ siaddr: SELF, sname: SELF, file: "ipxe-x64.efi" });
    expect(text(offer, OPTION.VENDOR_CLASS)).toBe("PXEClient");
  });

  test("gets its boot file by an ACK on 4011 (Q2)", () => {
    const ack = reply({ ...UEFI, type: "REQUEST", header: WITH_ADDRESS }, 4011);
    expect(typeOf(ack)).toBe("ACK");
    expect(ack).toMatchObject({ ...WITH_ADDRESS, flags: 0, siaddr: SELF, file: "ipxe-x64.efi" });
    expect(ack.options.has(OPTION.PXE_VENDOR)).toBe(false);
    expect(text(ack, OPTION.BOOT_FILE_NAME)).toBe("ipxe-x64.efi\0");
  });
});

test("UEFI HTTP Boot gets its own class back, and a URL with an address in it (Q9)", () => {
  const offer = reply(HTTP);
  const url = `http://${SELF}:8080/ipxe/ipxe-x64.efi`;
  expect(text(offer, OPTION.VENDOR_CLASS)).toBe("HTTPClient");
  expect(text(offer, OPTION.BOOT_FILE_NAME)).toBe(`${url}\0`);
  expect(offer).toMatchObject({ siaddr: SELF, file: url });
  expect(offer.options.has(OPTION.PXE_VENDOR)).toBe(false);
});

test("UEFI HTTP Boot of an image that is one file gets the URL of that file (Q9)", () => {
  const bootFile = { type: "iso", file: "iso/nixos.iso", isas: ["x86"], bios: true } as const;
  const { kernel: _none, ...rest } = GENERATION;
  const world = apply(worldForEveryone(), [
    { type: "published", image: "default", generation: { ...rest, shape: "iso", initrds: [], bootFile } },
  ]);
  const offer = replyTo(request(HTTP), 67, world);
  const url = `http://${SELF}:8080/media/${GENERATION.id}/iso/nixos.iso`;
  expect(offer && text(offer, OPTION.BOOT_FILE_NAME)).toBe(`${url}\0`);
  expect(offer && text(offer, OPTION.VENDOR_CLASS)).toBe("HTTPClient");
  expect(offer).toMatchObject({ siaddr: SELF, file: url });
});

describe("iPXE", () => {
  test("gets the URL of its script, a server address that is not zero, and no menu (I3, I5)", () => {
    const offer = reply(IPXE);
    const known = `http://${SELF}:8080/netboot.ipxe?mac=52-54-00-12-34-56&uuid=${UUID}&arch=x86`;
    const url = `${known}&serial=\${serial:uristring}`;
    // Too long for the header's field, which iPXE prefers: it must be empty then.
    expect(offer).toMatchObject({ siaddr: SELF, file: "" });
    expect(text(offer, OPTION.BOOT_FILE_NAME)).toBe(`${url}\0`);
    expect(offer.options.has(OPTION.PXE_VENDOR)).toBe(false);
    expect(offer.options.get(OPTION.IPXE)).toEqual(unhex("01 01 7f"));
  });

  test("is told where it may log, on the one port that it knows, and firmware is not", () => {
    const toldBy = (facts: RequestFacts, syslog: number) =>
      replyTo(request(facts), 67, worldForEveryone(), { syslog })?.options.get(OPTION.LOG_SERVER);
    expect(toldBy(IPXE, 514)).toEqual(unhex("0a 4d 00 02"));
    expect([toldBy(IPXE, 5514), toldBy(BIOS, 514), toldBy(UEFI, 514)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("gets the same on 4011, where it asks when an offer was of no use to it (I5)", () => {
    const ack = reply({ ...IPXE, type: "REQUEST", header: WITH_ADDRESS }, 4011);
    expect(typeOf(ack)).toBe("ACK");
    expect(ack.file).toBe(reply(IPXE).file);
  });

  test("that is too small for a script gets a URL, not a bare name and a menu (Q13)", () => {
    const stripped = new Map([[OPTION.IPXE as number, unhex("eb03010000 150101 210101")]]);
    const offer = reply({ ...BIOS, options: stripped });
    expect(offer).toMatchObject({ siaddr: SELF, file: `tftp://${SELF}/undionly.kpxe` });
    expect(offer.options.has(OPTION.PXE_VENDOR)).toBe(false);
  });
});

describe("another form of an offer", () => {
  const formOf = (facts: RequestFacts, variant: OfferVariant, port: 67 | 4011 = 67) => {
    const packet = request(facts);
    const client = identify(packet);
    if (client === undefined) throw new Error("this test's packet is nobody's");
    const server = { arrival: { self: SELF }, port, ports: { http: 8080, tftp: 69 }, variant };
    const made = answer(packet, client, decide(client, worldForEveryone()), server);
    if (made === undefined) throw new Error("this test's request got silence");
    return made;
  };

  test("says to take the file at once", () => {
    expect(formOf(UEFI, "direct").options.get(OPTION.PXE_VENDOR)).toEqual(unhex("06 01 08 ff"));
    expect(formOf(UEFI, "direct")).toMatchObject({ siaddr: SELF, file: "ipxe-x64.efi" });
  });

  test("says nothing in option 43, to a BIOS ROM too", () => {
    expect(formOf(BIOS, "plain").options.has(OPTION.PXE_VENDOR)).toBe(false);
  });

  test("is a menu of two entries that nobody sees: one entry hangs some UEFI (Q11)", () => {
    for (const facts of [UEFI, BIOS]) {
      const offer = formOf(facts, "menu");
      expect(decodePxeVendorOptions(offer.options.get(OPTION.PXE_VENDOR) ?? new Uint8Array())).toEqual({
        discoveryControl: 7, // no broadcast, no multicast, only the servers in the list
        bootServers: [{ type: 0x8000, addresses: [SELF] }],
        bootMenu: [
          { type: 0x8000, description: "Mayfly" },
          { type: 0, description: "Local disk" },
        ],
        menuPrompt: { timeout: 0, prompt: "Mayfly" },
      });
      expect(offer.siaddr).toBe(SELF);
    }
  });

  test("has no menu on port 4011, where the choice is made already", () => {
    const asks = { type: "REQUEST", header: WITH_ADDRESS } as const;
    expect(formOf({ ...UEFI, ...asks }, "menu", 4011).options.has(OPTION.PXE_VENDOR)).toBe(false);
    expect(formOf({ ...BIOS, ...asks }, "menu", 4011).options.get(OPTION.PXE_VENDOR)).toEqual(
      unhex("06 01 08 ff"),
    );
  });

  test("is a URL, as the file's name and in option 67", () => {
    const offer = formOf(UEFI, "url");
    expect(offer).toMatchObject({ siaddr: SELF, file: `tftp://${SELF}/ipxe-x64.efi` });
    expect(text(offer, OPTION.BOOT_FILE_NAME)).toBe(`tftp://${SELF}/ipxe-x64.efi\0`);
  });
});

describe("a boot item, chosen from some other server's menu", () => {
  const chose = (item: string) =>
    request({
      ...BIOS,
      type: "REQUEST",
      header: WITH_ADDRESS,
      options: new Map([[OPTION.PXE_VENDOR, unhex(item)]]),
    });

  test("is echoed on 4011, the client's address moved as PXE servers do (Q4)", () => {
    const ack = replyTo(chose("47 04 8000 0000 ff"), 4011);
    expect(ack?.options.get(OPTION.PXE_VENDOR)).toEqual(unhex("47 04 8000 0000 ff"));
    expect(ack).toMatchObject({ ciaddr: "0.0.0.0", yiaddr: "10.77.0.145", file: "undionly.kpxe" });
  });

  test("that asks for credentials gets silence (Q4)", () => {
    expect(replyTo(chose("47 04 8000 8000 ff"), 4011)).toBeUndefined();
  });

  test("that is malformed is the client's fault", () => {
    expect(() => replyTo(chose("47 03 8000 00"), 4011)).toThrow(
      expect.objectContaining({ name: "WireError" }),
    );
  });
});

describe("what is echoed", () => {
  test("transaction, hardware address and relay come back; secs and hops do not (RFC 2131 table 3)", () => {
    const asked = request({
      ...UEFI,
      header: { xid: 0xcafe, hops: 2, secs: 28, giaddr: "10.88.0.1", flags: 0x8000 },
    });
    expect(replyTo(asked)).toMatchObject({
      op: 2,
      htype: 1,
      hlen: 6,
      hops: 0,
      xid: 0xcafe,
      secs: 0,
      giaddr: "10.88.0.1",
      chaddr: asked.chaddr,
    });
  });

  test("the broadcast flag is set while the client has no address, and else as it was", () => {
    expect(reply(UEFI).flags).toBe(BROADCAST_FLAG);
    const address = (flags: number) => ({
      ...UEFI,
      type: "REQUEST" as const,
      header: { ...WITH_ADDRESS, flags },
    });
    expect(reply(address(0), 4011).flags).toBe(0);
    expect(reply(address(BROADCAST_FLAG), 4011).flags).toBe(BROADCAST_FLAG);
    expect(reply({ ...UEFI, type: "REQUEST" }, 4011).flags).toBe(BROADCAST_FLAG);
  });

  test("the client's UUID is echoed as it is, zeros, empty or known, and never invented (Q5)", () => {
    for (const value of [
      new Uint8Array(17),
      new Uint8Array(),
      unhex("00 52506934 1131a000 320136c2 1045155b"),
    ]) {
      const { uuid: _, ...noUuid } = UEFI;
      const offer = reply({ ...noUuid, options: new Map([[OPTION.CLIENT_UUID, value]]) });
      expect(offer.options.get(OPTION.CLIENT_UUID)).toEqual(value);
      expect(reply(noUuid).options.has(OPTION.CLIENT_UUID)).toBe(false);
    }
  });

  test("the relay's option 82 comes back unchanged, and last (RFC 3046)", () => {
    const info = unhex("01 04 00020003");
    for (const facts of [BIOS, UEFI, IPXE]) {
      const options = new Map([...(facts.options ?? []), [OPTION.RELAY_AGENT as number, info] as const]);
      const codes = [...reply({ ...facts, options }).options];
      expect(codes.at(-1)).toEqual([OPTION.RELAY_AGENT, info]);
    }
  });
});

describe("silence", () => {
  test("is what a machine gets that nothing matches", () => {
    expect(replyTo(request(UEFI), 67, worldFor("52:54:00:99:99:99"))).toBeUndefined();
    expect(replyTo(request(UEFI), 67, worldFor(MAC))).toBeDefined();
  });

  test("is what the EEPROM of a Raspberry Pi gets, which wants a firmware tree", () => {
    const pi = { ...BIOS, mac: "dc:a6:32:01:36:c2" };
    expect(replyTo(request(pi))).toBeUndefined();
  });

  test.each([
    ["DISCOVER", 67, "OFFER"],
    ["DISCOVER", 4011, "OFFER"],
    ["REQUEST", 67, undefined], // it accepts another server's address
    ["REQUEST", 4011, "ACK"],
    ["INFORM", 67, "ACK"],
    ["INFORM", 4011, "ACK"],
    ["DECLINE", 67, undefined],
    ["RELEASE", 67, undefined],
    ["OFFER", 67, undefined],
    ["ACK", 4011, undefined],
  ] as const)("or not: %s on %i gets %s", (type, port, expected) => {
    const packet = request({ ...UEFI, type, header: WITH_ADDRESS });
    expect(replyType(packet, port)).toBe(expected);
    const made = replyTo(packet, port);
    expect(made && typeOf(made)).toBe(expected);
  });

  test("is what a BOOTREPLY gets, and a packet that is no DHCP message", () => {
    expect(replyType(request({ ...UEFI, header: { op: 2 } }), 67)).toBeUndefined();
    const { options, ...plain } = request(UEFI);
    const bootp = new Map([...options].filter(([code]) => code !== OPTION.MESSAGE_TYPE));
    expect(replyType({ ...plain, options: bootp }, 67)).toBeUndefined();
  });

  test("is what a boot item on 67 gets: it is meant for the server that made the menu", () => {
    const item = new Map([[OPTION.PXE_VENDOR as number, unhex("47 04 8000 0000 ff")]]);
    expect(replyType(request({ ...BIOS, type: "INFORM", options: item }), 67)).toBeUndefined();
  });
});

describe("replyLimit", () => {
  const says = (size: string) => request({ options: new Map([[OPTION.MESSAGE_SIZE, unhex(size)]]) });

  test("is what the client takes, as far as the interface carries it", () => {
    expect(replyLimit(says("05c0"), 1500)).toBe(1472);
    expect(replyLimit(says("ff00"), 1500)).toBe(1500);
  });

  test("is left to the encoder where the client does not say", () => {
    expect(encodePacket(reply(UEFI), replyLimit(request(UEFI), 1500)).length).toBeLessThanOrEqual(548);
  });
});

test("a boot file whose name is too long for the header is in option 67 alone", () => {
  const packet = request(UEFI);
  const client = identify(packet);
  const decision = client && decide(client, worldForEveryone());
  if (client === undefined || decision?.type !== "chain") throw new Error("no boot program");
  const name = `${"x".repeat(124)}.efi`;
  const server = { arrival: { self: SELF }, port: 67, ports: { http: 8080, tftp: 69 } } as const;
  const offer = answer(packet, client, { ...decision, program: { ...decision.program, name } }, server);
  expect(offer?.file).toBe("");
  expect(offer?.options.get(OPTION.BOOT_FILE_NAME)).toEqual(encodeText(`${name}\0`));
});
