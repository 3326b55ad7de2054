import { describe, expect, test } from "vitest";
import { decide } from "../../../src/boot/decide.ts";
import { answerLease } from "../../../src/boot/dhcp/answer-lease.ts";
import { bootPart } from "../../../src/boot/dhcp/boot-part.ts";
import { destination } from "../../../src/boot/dhcp/destination.ts";
import { identify } from "../../../src/boot/dhcp/identify.ts";
import type { Reservation, Subnet } from "../../../src/boot/lease/subnet.ts";
import { decodeAddresses, encodeAddresses } from "../../../src/wire/dhcp/addresses.ts";
import { decodeIpxeOptions } from "../../../src/wire/dhcp/ipxe-options.ts";
import { decodeMessageType } from "../../../src/wire/dhcp/message-type.ts";
import { decodeNumber } from "../../../src/wire/dhcp/numbers.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { type DhcpPacket, decodePacket, encodePacket } from "../../../src/wire/dhcp/packet.ts";
import { decodeText, encodeText } from "../../../src/wire/dhcp/text.ts";
import { ask, type LeaseRig, leaseRig, reservation, SELF, subnet } from "../../support/leases.ts";
import { IPXE_175, MAC, pxeClass, UUID, unhex } from "../../support/packets.ts";
import { worldForEveryone } from "../../support/worlds.ts";

const ARRIVAL = { self: SELF, mtu: 1500 };
const EVERYBODY = { address: "0.0.0.0", port: 68 };

/** The whole way of a request in authoritative mode, as the shell goes it. */
function reply(request: DhcpPacket, rig: LeaseRig = leaseRig()): DhcpPacket | undefined {
  const client = identify(request);
  const server = { arrival: ARRIVAL, port: 67, ports: { http: 8080, tftp: 69 } } as const;
  const boot = client && bootPart(request, client, decide(client, worldForEveryone()), server);
  const decision = rig.decide({ request, ...(client !== undefined && { client }) });
  return answerLease(request, decision, ARRIVAL, boot);
}

function sure(packet: DhcpPacket | undefined): DhcpPacket {
  if (packet === undefined) throw new Error("no reply");
  return packet;
}

function withOptions(facts: Partial<Subnet>, own: Partial<Reservation> = {}): LeaseRig {
  return leaseRig([subnet(facts)], [reservation({ macs: [MAC], addresses: ["10.0.0.7"], ...own })]);
}

const list = (...codes: number[]) => new Map([[OPTION.PARAMETER_LIST as number, Uint8Array.from(codes)]]);
const codes = (packet: DhcpPacket) => [...packet.options.keys()];
const text = (packet: DhcpPacket, code: number) => decodeText(packet.options.get(code) ?? new Uint8Array());

describe("an OFFER and an ACK (RFC 2131 table 3)", () => {
  test("give the address, its times, the mask and the router", () => {
    const offer = sure(reply(ask("DISCOVER")));
    expect(offer).toMatchObject({ op: 2, ciaddr: "0.0.0.0", siaddr: "0.0.0.0", hops: 0 });
    expect(offer.yiaddr).toMatch(/^10\.0\.0\.10\d$/);
    expect(decodeMessageType(offer.options.get(53) ?? new Uint8Array())).toBe("OFFER");
    const seconds = [51, 58, 59].map((code) =>
      decodeNumber(offer.options.get(code) ?? new Uint8Array(), 4, code),
    );
    expect(seconds).toEqual([3600, 1800, 3150]);
    expect([1, 3].map((code) => offer.options.get(code)?.join("."))).toEqual(["255.255.255.0", SELF]);
    const renewal = sure(reply(ask("REQUEST", { has: "10.0.0.105" })));
    expect(renewal).toMatchObject({ ciaddr: "10.0.0.105", yiaddr: "10.0.0.105" });
  });

  test("go to the relay, to the address that the client has, or to everybody", () => {
    const to = (request: DhcpPacket) => destination(request, sure(reply(request)), 67, EVERYBODY).address;
    expect(to(ask("DISCOVER"))).toBe("255.255.255.255");
    expect(to(ask("REQUEST", { has: "10.0.0.105" }))).toBe("10.0.0.105");
    expect(to(ask("DISCOVER", { header: { giaddr: "10.0.0.254" } }))).toBe("10.0.0.254");
  });

  test("have the client id (RFC 6842), and at the end what the relay put there (RFC 3046)", () => {
    const options = new Map([
      [OPTION.RELAY_AGENT as number, unhex("01 02 0a0b")],
      [OPTION.CLIENT_ID as number, unhex("01 525400123456")],
    ]);
    for (const type of ["DISCOVER", "REQUEST"] as const) {
      const offer = sure(reply(ask(type, { options, wants: "10.9.9.9", header: { giaddr: "10.0.0.254" } })));
      expect(offer.options.get(61)).toEqual(options.get(61));
      expect(codes(offer).at(-1)).toBe(82);
    }
  });

  test("have a relay that is to be taken for the server as that (RFC 5107)", () => {
    const options = new Map([[OPTION.RELAY_AGENT as number, unhex("0b 04 0a0000fe")]]);
    const offer = sure(reply(ask("DISCOVER", { options, header: { giaddr: "10.0.0.254" } })));
    expect(offer.options.get(54)?.join(".")).toBe("10.0.0.254");
  });
});

describe("the operator's options", () => {
  const dns = encodeAddresses(["10.0.0.53", "10.0.0.54"]);
  const given = new Map<number, Uint8Array>([
    [3, encodeAddresses([SELF])],
    [6, dns],
    [15, encodeText("example.net")],
    [42, encodeAddresses(["10.0.0.123"])],
    [150, unhex("0a000009")],
  ]);

  test("come in the order in which the client asks, the mask first, and then those that it does not ask for", () => {
    const offer = sure(
      reply(ask("DISCOVER", { options: list(42, 6, 3, 1, 28) }), withOptions({ options: given })),
    );
    expect(codes(offer)).toEqual([53, 54, 51, 58, 59, 1, 42, 6, 3, 28, 15, 150]);
    expect(decodeAddresses(offer.options.get(6) ?? new Uint8Array(), 6)).toEqual(["10.0.0.53", "10.0.0.54"]);
  });

  test("of a host win over those of its subnet, and no other machine gets them", () => {
    const rig = withOptions({ options: given }, { options: new Map([[15, encodeText("lab.example.net")]]) });
    expect(text(sure(reply(ask("DISCOVER"), rig)), 15)).toBe("lab.example.net");
    expect(text(sure(reply(ask("DISCOVER", { mac: "52:54:00:00:00:0b" }), rig)), 15)).toBe("example.net");
  });

  test("name the machine as its host, if it asks for a name and that is one", () => {
    const named = (host: string, asked: number[]) =>
      sure(reply(ask("DISCOVER", { options: list(...asked) }), withOptions({}, { host })));
    expect(text(named("beta", [1, 12]), 12)).toBe("beta");
    expect(named("beta", [1]).options.has(12)).toBe(false);
    expect(named("beta_1", [1, 12]).options.has(12)).toBe(false);
  });

  test("that do not fit are left out, those that nobody asked for first, and nothing spills over", () => {
    const large = new Map([
      [150, new Uint8Array(200)],
      [151, new Uint8Array(200)],
      [152, unhex("01")],
    ]);
    const request = ask("DISCOVER", { options: list(1, 151) });
    const offer = sure(reply(request, withOptions({ options: large })));
    expect(codes(offer)).toEqual([53, 54, 51, 58, 59, 1, 151, 28, 152]);
    const bytes = encodePacket(offer);
    expect(bytes.length).toBeLessThanOrEqual(548);
    expect(decodePacket(bytes)).toEqual(offer);
    const roomy = ask("DISCOVER", {
      options: new Map([...list(1, 151), [OPTION.MESSAGE_SIZE, unhex("05dc")]]),
    });
    expect(codes(sure(reply(roomy, withOptions({ options: large }))))).toContain(150);
  });

  test("that a client asks for and cannot take all are left out too: it gets its address, and what fits in its order", () => {
    const large = new Map([
      [3, encodeAddresses([SELF])],
      [6, dns],
      [44, new Uint8Array(80)],
      [119, new Uint8Array(250)],
      [121, new Uint8Array(250)],
    ]);
    const facts = { options: list(1, 119, 3, 6, 44, 121) };
    const rig = withOptions({ options: large });
    for (const own of [{}, { vendorClass: pxeClass(7), archs: [7], uuid: UUID }]) {
      const offer = sure(reply(ask("DISCOVER", { ...facts, ...own }), rig));
      const bytes = encodePacket(offer);
      expect(bytes.length).toBeLessThanOrEqual(548);
      expect(codes(decodePacket(bytes)).filter((code) => large.has(code) || code === 1)).toEqual(
        Object.keys(own).length === 0 ? [1, 119, 3, 6] : [1, 3, 6, 44],
      );
    }
  });

  test("are all that an INFORM gets", () => {
    const ack = sure(reply(ask("INFORM", { has: "10.0.0.7" }), withOptions({ options: given })));
    expect(ack).toMatchObject({ ciaddr: "10.0.0.7", yiaddr: "0.0.0.0" });
    expect([51, 58, 59].filter((code) => ack.options.has(code))).toEqual([]);
    expect(ack.options.get(6)).toEqual(dns);
    expect(destination(ask("INFORM", { has: "10.0.0.7" }), ack, 67, EVERYBODY).address).toBe("10.0.0.7");
  });
});

describe("a NAK", () => {
  const wrong = { wants: "192.168.1.7" };

  test("has no address and no options but its reason, in words", () => {
    const nak = sure(reply(ask("REQUEST", { ...wrong, options: list(1, 3, 6) })));
    expect(nak).toMatchObject({ ciaddr: "0.0.0.0", yiaddr: "0.0.0.0", siaddr: "0.0.0.0" });
    expect(codes(nak)).toEqual([53, 54, 56]);
    expect(text(nak, 56)).toBe("192.168.1.7 is not of this network, 10.0.0.0/24");
  });

  test("goes to everybody, even to a client with an address, and through a relay by its broadcast", () => {
    const renewing = ask("REQUEST", { has: "10.0.0.7" });
    expect(destination(renewing, sure(reply(renewing)), 67, EVERYBODY).address).toBe("255.255.255.255");
    const relayed = ask("REQUEST", { ...wrong, header: { giaddr: "10.0.0.254" } });
    const nak = sure(reply(relayed));
    expect(destination(relayed, nak, 67, EVERYBODY)).toEqual({ address: "10.0.0.254", port: 67 });
    expect(nak.flags & 0x8000).toBe(0x8000);
  });
});

describe("the boot part beside an address", () => {
  const uefi = { vendorClass: pxeClass(7), archs: [7], uuid: UUID };

  test("has neither class nor 43 for UEFI, which would ask 4011 first (Q2)", () => {
    const offer = sure(reply(ask("DISCOVER", uefi)));
    expect(offer).toMatchObject({ siaddr: SELF, file: "ipxe-x64.efi", sname: SELF });
    expect([43, 60].filter((code) => offer.options.has(code))).toEqual([]);
    expect(text(offer, 67)).toBe("ipxe-x64.efi\0");
    expect(text(offer, 66)).toBe(`${SELF}\0`);
    expect(offer.options.get(97)).toEqual(ask("DISCOVER", uefi).options.get(97));
  });

  test("has the class and a 43 without a menu for a BIOS ROM (Q3)", () => {
    const offer = sure(reply(ask("DISCOVER", { vendorClass: pxeClass(0, "002001"), archs: [0] })));
    expect(text(offer, 60)).toBe("PXEClient");
    expect(offer.options.get(43)).toEqual(unhex("06 01 08 ff"));
    expect(offer.file).toBe("undionly.kpxe");
  });

  test("has the class of HTTP Boot, which UEFI insists on (Q9)", () => {
    const offer = sure(
      reply(ask("DISCOVER", { vendorClass: "HTTPClient:Arch:00016:UNDI:003001", archs: [16] })),
    );
    expect(text(offer, 60)).toBe("HTTPClient");
    expect(text(offer, 67)).toBe(`http://${SELF}:8080/ipxe/ipxe-x64.efi\0`);
  });

  test("tells every iPXE not to wait for a proxy (I2), and to take us before others (I3)", () => {
    const ipxe = new Map([
      [OPTION.USER_CLASS as number, encodeText("iPXE")],
      [OPTION.IPXE as number, IPXE_175],
    ]);
    const facts = { vendorClass: pxeClass(0, "002001"), archs: [0] };
    const offer = sure(reply(ask("DISCOVER", { ...facts, options: ipxe })));
    const said = decodeIpxeOptions(offer.options.get(175) ?? new Uint8Array());
    expect(said).toMatchObject({ noProxyDhcp: true, priority: 127 });
    expect(offer.options.has(60)).toBe(false);
    expect(offer.file).toMatch(/^http:\/\/10\.0\.0\.1:8080\/netboot\.ipxe\?/);
    // VirtualBox's, which can do no HTTP and is given a whole iPXE first (Q13).
    const cutDown = new Map([...ipxe, [175, unhex("eb03010000 210101")]]);
    const first = sure(reply(ask("DISCOVER", { ...facts, options: cutDown })));
    expect(decodeIpxeOptions(first.options.get(175) ?? new Uint8Array()).noProxyDhcp).toBe(true);
    expect(first.file).toBe(`tftp://${SELF}/undionly.kpxe`);
  });

  test("is not mixed with the operator's own 43, 60, 66 and 67, which are for others: telephones, access points", () => {
    const codes = [43, 60, 66, 67];
    const rig = withOptions({ options: new Map(codes.map((code) => [code, encodeText("theirs")])) });
    const own = (request: DhcpPacket) =>
      codes.filter((code) => text(sure(reply(request, rig)), code) === "theirs");
    expect(own(ask("DISCOVER", uefi))).toEqual([]);
    expect(own(ask("DISCOVER", { vendorClass: "telephone" }))).toEqual(codes);
  });

  test("is not for a client that does not netboot", () => {
    const offer = sure(reply(ask("DISCOVER", { vendorClass: "dhcpcd-10" })));
    expect(offer).toMatchObject({ siaddr: "0.0.0.0", file: "" });
    expect([43, 60, 66, 67, 175].filter((code) => offer.options.has(code))).toEqual([]);
  });
});
