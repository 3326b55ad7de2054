import { describe, expect, test } from "vitest";
import { conclude, NOTHING_HEARD } from "../../../src/boot/explain/heard.ts";
import { explainPacket, type PacketExplanation } from "../../../src/boot/explain/packet.ts";
import type { Snapshot } from "../../../src/boot/snapshot.ts";
import { encodeBootName } from "../../../src/wire/dhcp/boot-name.ts";
import { encodeMessageType, type MessageType } from "../../../src/wire/dhcp/message-type.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { BOOTREPLY, type DhcpPacket, encodePacket } from "../../../src/wire/dhcp/packet.ts";
import { encodeText } from "../../../src/wire/dhcp/text.ts";
import { encodeIpv4, UNSPECIFIED } from "../../../src/wire/net/ipv4.ts";
import type { Transport } from "../../../src/wire/pcap/transport.ts";
import { encodePacket as encodeTftp } from "../../../src/wire/tftp/packet.ts";
import { IPXE_175, MAC, pxeClass, type RequestFacts, request } from "../../support/packets.ts";
import { worldFor, worldForEveryone } from "../../support/worlds.ts";

const SELF = "10.0.0.2";
const ROUTER = "10.0.0.1";
const ADDRESS = "10.0.0.77";
const SITE = { self: SELF, ports: { http: 8080, tftp: 69 } };
const OFFERED = { yiaddr: ADDRESS };

/** What is said of each packet in turn, and how far the machine got. */
function tell(packets: readonly Transport[], snapshot: Snapshot = worldForEveryone()) {
  const told: (PacketExplanation | undefined)[] = [];
  let heard = NOTHING_HEARD;
  for (const packet of packets) {
    const [next, explained] = explainPacket(heard, packet, snapshot, SITE);
    heard = next;
    told.push(explained);
  }
  const conclusions = [...heard.machines.values()].map((machine) => conclude(machine, SELF));
  return { told, last: told.at(-1), conclusion: conclusions.join("\n") };
}

function udp(from: string, to: string, payload: Uint8Array): Transport {
  const at = (text: string) => ({ address: text.split(":")[0] ?? "", port: Number(text.split(":")[1]) });
  return { type: "udp", source: at(from), destination: at(to), payload };
}

const UEFI: RequestFacts = { vendorClass: pxeClass(7), archs: [7] };
const IPXE: RequestFacts = {
  vendorClass: pxeClass(7, "003010"),
  archs: [7],
  options: new Map([
    [OPTION.USER_CLASS as number, encodeText("iPXE")],
    [OPTION.IPXE, IPXE_175],
  ]),
};
const asks = (facts: RequestFacts = UEFI, to = "255.255.255.255:67") =>
  udp(to.endsWith("4011") ? `${ADDRESS}:4011` : "0.0.0.0:68", to, encodePacket(request(facts)));

function answers(
  from: string,
  type: MessageType,
  header: Partial<DhcpPacket> = OFFERED,
  options: readonly (readonly [number, Uint8Array])[] = [],
): Transport {
  const packet: DhcpPacket = {
    ...request(),
    op: BOOTREPLY,
    ...header,
    options: new Map([[OPTION.MESSAGE_TYPE as number, encodeMessageType(type)], ...options]),
  };
  const [address = "", port = "67"] = from.split(":");
  return udp(`${address}:${port}`, "255.255.255.255:68", encodePacket(packet));
}
const takes = () =>
  asks({
    ...UEFI,
    type: "REQUEST",
    options: new Map([
      [54, encodeIpv4(ROUTER)],
      [50, encodeIpv4(ADDRESS)],
    ]),
  });
const fetches = (filename: string, server = SELF) =>
  udp(`${ADDRESS}:2000`, `${server}:69`, encodeTftp({ type: "RRQ", filename, mode: "octet", options: [] }));
const gets = (target: string): Transport => ({
  type: "tcp",
  source: { address: ADDRESS, port: 40_000 },
  destination: { address: SELF, port: 8080 },
  payload: new TextEncoder().encode(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`),
});
/** Firmware that has an address. */
const LEASED = [asks(), answers(ROUTER, "OFFER"), takes(), answers(ROUTER, "ACK")];

describe("what other servers say is named", () => {
  test("an address and no boot file is as it should be", () => {
    expect(tell([asks(), answers(ROUTER, "OFFER")]).last).toEqual({
      who: ROUTER,
      mac: MAC,
      said: "offers the address 10.0.0.77 and no boot file (OFFER)",
    });
  });

  test("PXEClient without a menu sends UEFI to a port 4011 where nobody is (Q2)", () => {
    const offer = answers(ROUTER, "OFFER", OFFERED, [[OPTION.VENDOR_CLASS, encodeText("PXEClient")]]);
    expect(tell([asks(), offer]).last?.warning).toMatch(/^10\.0\.0\.1 calls itself a PXE server .*PXE-E55/);
    const unreachable = {
      type: "port-unreachable",
      source: ROUTER,
      destination: ADDRESS,
      port: 4011,
    } as const;
    expect(tell([...LEASED, unreachable]).last).toMatchObject({
      who: ROUTER,
      mac: MAC,
      said: "says that nobody listens on its UDP port 4011",
      warning: expect.stringContaining("option 60 = PXEClient"),
    });
  });

  test("a second boot file is pointed out, and what to do about it", () => {
    const offer = answers(ROUTER, "OFFER", { ...OFFERED, siaddr: ROUTER, file: "pxelinux.0" });
    expect(tell([asks(), offer]).last).toMatchObject({
      said: "offers the address 10.0.0.77 and pxelinux.0 by TFTP from 10.0.0.1 (OFFER)",
      warning: expect.stringContaining("Remove its boot file and next-server (options 66 and 67)"),
    });
  });

  test("a boot file that is ours is no rival", () => {
    const offer = answers(ROUTER, "OFFER", { ...OFFERED, siaddr: SELF, file: "ipxe-x64.efi" });
    expect(tell([asks(), offer]).last?.warning).toBeUndefined();
  });

  test("another boot server without addresses is one too many", () => {
    const offer = answers("10.0.0.9", "OFFER", {
      yiaddr: UNSPECIFIED,
      siaddr: "10.0.0.9",
      file: "other.efi",
    });
    expect(tell([asks(), offer]).last?.warning).toContain("10.0.0.9 is another boot server on this network");
  });

  test("iPXE that is told to start a boot program goes round in circles", () => {
    const offer = answers(ROUTER, "OFFER", { ...OFFERED, siaddr: SELF }, [
      [OPTION.BOOT_FILE_NAME, encodeBootName("ipxe.efi")],
    ]);
    expect(tell([asks(IPXE), offer]).last?.warning).toContain("goes round in circles");
  });

  test("an offer without siaddr is nothing to iPXE (I5), one with option 43 nothing to old UEFI (Q1)", () => {
    const url = { yiaddr: UNSPECIFIED, file: "http://10.0.0.9/boot.ipxe" };
    expect(tell([asks(IPXE), answers("10.0.0.9", "OFFER", url)]).last?.warning).toContain(
      "siaddr is 0.0.0.0",
    );
    const menu = [[OPTION.PXE_VENDOR, Uint8Array.of(6, 1, 8, 255)] as const];
    const proxy = { yiaddr: UNSPECIFIED, siaddr: "10.0.0.9", file: "x.efi" };
    expect(tell([asks(), answers("10.0.0.9", "OFFER", proxy, menu)]).last?.warning).toContain(
      "throws an offer away",
    );
  });

  test("a NAK says why", () => {
    const nak = answers(ROUTER, "NAK", {}, [[56, encodeText("wrong network")]]);
    expect(tell([asks(), nak]).last?.said).toBe("refuses the address (NAK): wrong network");
  });
});

describe("requests are answered as the server would", () => {
  test("silence has its reason and its cure", () => {
    const { last, conclusion } = tell([asks()], worldFor("52:54:00:ff:ff:ff"));
    expect(last?.mayfly).toMatch(
      /^stays silent \(unknown-host\): .*link an image to hosts\/52-54-00-12-34-56/,
    );
    expect(conclusion).toContain("no server answered at all");
    const { conclusion: second } = tell([asks(), answers(ROUTER, "OFFER")], worldFor("52:54:00:ff:ff:ff"));
    expect(second).toContain("no server told it what to boot. Mayfly stays silent (unknown-host)");
  });

  test("what was asked of another server on 4011 is not ours to answer", () => {
    const elsewhere = asks({ ...UEFI, type: "REQUEST" }, `${ROUTER}:4011`);
    expect(tell([...LEASED, elsewhere]).last?.mayfly).toBe(
      "has nothing to say: 10.0.0.1 was asked, and not this server",
    );
  });

  test("through a relay it is answered to the relay (Q10)", () => {
    const relayed = asks({ ...UEFI, header: { giaddr: "10.9.0.1" } }, `${SELF}:67`);
    expect(tell([relayed]).last).toMatchObject({
      said: expect.stringContaining("through the relay 10.9.0.1"),
      mayfly: "sends an OFFER to the relay 10.9.0.1: ipxe-x64.efi by TFTP from 10.0.0.2",
    });
  });

  test("an iPXE that can do no HTTP gets a whole one, and the reason says so (Q13)", () => {
    const features = new Map([...(IPXE.options ?? []), [OPTION.IPXE as number, Uint8Array.of(0x21, 1, 1)]]);
    const { last } = tell([asks({ ...IPXE, vendorClass: pxeClass(0), archs: [0], options: features })]);
    expect(last?.because).toMatch(
      /^this iPXE has no HTTP or cannot start Linux, so it gets a whole one first/,
    );
  });

  test("a file by TFTP, with garbage behind its name (Q7)", () => {
    const { last } = tell([...LEASED, fetches("undionly.kpxe\xff")]);
    expect(last).toMatchObject({ who: MAC, mayfly: "sends /programs/undionly.kpxe, 1000 B" });
    expect(last?.warning).toContain("option 67 had no NUL");
  });

  test("a file that is not there, and an end before its time", () => {
    const error = udp(
      `${ADDRESS}:2000`,
      `${SELF}:3000`,
      encodeTftp({ type: "ERROR", code: 3, message: "disk full" }),
    );
    const { told } = tell([...LEASED, fetches("grub/x.cfg"), error]);
    expect(told.at(-2)?.mayfly).toMatch(/^has no such file: .*Firmware looks whether it is there/);
    expect(told.at(-1)).toMatchObject({ who: MAC, said: "breaks off: disk full (TFTP error 3)" });
    const refused = udp(
      `${SELF}:3000`,
      `${ADDRESS}:2000`,
      encodeTftp({ type: "ERROR", code: 1, message: "no" }),
    );
    expect(tell([fetches("x"), refused]).last).toEqual({ who: SELF, said: "refuses 'x': no (TFTP error 1)" });
  });

  test("a script by HTTP, and a file that is not kept any more", () => {
    const { told } = tell([...LEASED, gets(`/netboot.ipxe?mac=${MAC}`), gets("/media/gone/initrd")]);
    expect(told.at(-2)?.mayfly).toMatch(
      /^sends the script that boots 0c1m2n-kexec-tree: bzImage \(11\.8 MiB\) and /,
    );
    expect(told.at(-1)?.mayfly).toMatch(/^answers 410: generation gone is not kept any more/);
  });

  test("what is malformed is dropped, as the server does", () => {
    const bad = udp("0.0.0.0:68", "255.255.255.255:67", new Uint8Array(100));
    expect(tell([bad]).last).toMatchObject({
      said: expect.stringContaining("WIRE_TRUNCATED"),
      mayfly: "drops it",
    });
  });

  test("what is no part of booting has no word", () => {
    const dns = udp(`${ADDRESS}:5353`, `${ROUTER}:53`, Uint8Array.of(1, 2, 3));
    expect(tell([dns]).told).toEqual([undefined]);
  });
});

describe("how far it got is said at the end", () => {
  const BOOT = { yiaddr: UNSPECIFIED, siaddr: SELF, file: "ipxe-x64.efi" };
  const offered = [asks(), answers(ROUTER, "OFFER"), answers(SELF, "OFFER", BOOT)];
  const leased = [...offered, takes(), answers(ROUTER, "ACK")];
  const asked4011 = [
    ...leased,
    asks({ ...UEFI, type: "REQUEST", header: { ciaddr: ADDRESS } }, `${SELF}:4011`),
  ];
  const fetched = [...asked4011, answers(`${SELF}:4011`, "ACK", BOOT), fetches("ipxe-x64.efi")];
  const script = { yiaddr: UNSPECIFIED, siaddr: SELF, file: "http://10.0.0.2:8080/netboot.ipxe" };
  const ipxe = [...fetched, asks(IPXE), answers(ROUTER, "OFFER"), answers(SELF, "OFFER", script)];

  test.each<[string, readonly Transport[], string]>([
    ["nobody answered", [asks(), asks(), asks()], "asked 3 times, and no server answered at all"],
    ["no address", [asks(), answers(SELF, "OFFER", BOOT)], "the DHCP server of this network does not answer"],
    ["nothing to boot", [asks(), answers(ROUTER, "OFFER")], "Mayfly's offer is not in this capture"],
    [
      "neither was taken",
      [...offered, asks()],
      "asked 2 times, was offered an address and something to boot, and took neither",
    ],
    ["no word on 4011", asked4011, "asked for its boot file on port 4011 and got no answer"],
    ["no fetch", leased, "and did not fetch it"],
    ["the program did not start", fetched, "asked for ipxe-x64.efi, and iPXE was not heard afterwards"],
    [
      "sent elsewhere",
      [...leased, fetches("boot.scr", ROUTER)],
      "asked 10.0.0.1 for boot.scr, and that is not this server",
    ],
    ["iPXE took nothing", ipxe, "started iPXE, which was offered an address and a script, and took neither"],
    [
      "iPXE without a script",
      [...fetched, asks(IPXE), answers(ROUTER, "OFFER")],
      "started iPXE, and no server told it what to boot",
    ],
    [
      "only the script",
      [...ipxe, gets(`/netboot.ipxe?mac=${MAC}`)],
      "asked for its script and for nothing that stands in it",
    ],
    ["a file last", [...ipxe, gets("/netboot.ipxe"), gets("/media/a/initrd")], "files, /media/a/initrd last"],
    [
      "all the way",
      [...ipxe, gets("/netboot.ipxe"), asks({ vendorClass: "udhcp" })],
      "booted: the system that was started",
    ],
  ])("%s", (_, packets, words) => {
    expect(tell(packets).conclusion).toContain(words);
  });
});
