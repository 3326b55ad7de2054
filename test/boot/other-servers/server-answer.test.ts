import { expect, test } from "vitest";
import {
  describeBootOffer,
  leadsTo,
  mergeAnswers,
  readServerAnswer,
  type ServerAnswer,
} from "../../../src/boot/other-servers/server-answer.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { BOOTREPLY, type DhcpPacket } from "../../../src/wire/dhcp/packet.ts";
import { encodeText } from "../../../src/wire/dhcp/text.ts";
import { request, unhex } from "../../support/packets.ts";

const FROM = { address: "10.77.0.9", mac: "52:54:00:00:00:09" };

function offer(header: Partial<DhcpPacket> = {}, options: readonly (readonly [number, Uint8Array])[] = []) {
  return request({ type: "OFFER", header: { op: BOOTREPLY, ...header }, options: new Map(options) });
}

const CLASS = [OPTION.VENDOR_CLASS, encodeText("PXEClient")] as const;

test("a home router gives an address, and its siaddr alone is nothing to boot", () => {
  const router = offer({ yiaddr: "10.77.0.101", siaddr: "10.77.0.1" }, [
    [OPTION.SERVER_ID, unhex("0a4d0001")],
  ]);
  expect(readServerAnswer(router, FROM)).toEqual({
    address: "10.77.0.1",
    mac: "52:54:00:00:00:09",
    gives: "10.77.0.101",
  });
});

test.each([
  ["the class alone, which sends firmware to port 4011", offer({}, [CLASS]), { class: "PXEClient" }],
  [
    "a file in the header and where it is",
    offer({ yiaddr: "10.77.0.101", siaddr: "10.77.0.8", file: "pxelinux.0" }),
    { file: "pxelinux.0", nextServer: "10.77.0.8" },
  ],
  [
    "options 66 and 67, with a NUL or without",
    offer({}, [
      [OPTION.TFTP_SERVER_NAME, encodeText("tftp.example")],
      [OPTION.BOOT_FILE_NAME, encodeText("x.efi\0")],
    ]),
    { file: "x.efi", nextServer: "tftp.example" },
  ],
  ["a name that would play with a terminal", offer({ file: "a\u001b[2J" }), { file: "a?[2J" }],
])("something to boot is %s", (_, packet, boot) => {
  expect(readServerAnswer(packet, FROM)?.boot).toEqual(boot);
});

test("requests and refusals are no answers that give something", () => {
  expect(readServerAnswer(request({ type: "OFFER" }), FROM)).toBeUndefined();
  expect(readServerAnswer(request({ type: "NAK", header: { op: BOOTREPLY } }), FROM)).toBeUndefined();
  expect(readServerAnswer(request({ header: { op: BOOTREPLY } }), FROM)).toBeUndefined();
});

test("a server that was told to send machines to us is none of the others", () => {
  const own = ["10.77.0.2"];
  expect(leadsTo({ file: "undionly.kpxe", nextServer: "10.77.0.2" }, own)).toBe(true);
  expect(leadsTo({ file: "http://10.77.0.2:8080/x.efi", nextServer: "10.77.0.1" }, own)).toBe(true);
  expect(leadsTo({ file: "undionly.kpxe", nextServer: "10.77.0.1" }, own)).toBe(false);
  expect(leadsTo({ file: "http://10.77.0.1/x.efi", nextServer: "10.77.0.2" }, own)).toBe(false);
  expect(leadsTo({ class: "PXEClient" }, own)).toBe(false);
});

test("answers of one server to several kinds of firmware are told as one, with all that any of them said", () => {
  const [a, b] = [{ address: "10.0.0.9" }, { address: "10.0.0.1", gives: "10.0.0.50" }];
  const withClass = { ...a, boot: { class: "PXEClient" } } as const;
  const withFile = { ...a, mac: "52:54:00:00:00:09", boot: { file: "x.efi" } };
  expect(mergeAnswers([a, b, withClass, withFile, b])).toEqual([
    { ...a, mac: "52:54:00:00:00:09", boot: { class: "PXEClient", file: "x.efi" } },
    b,
  ]);
});

test("of two servers at one address each keeps its own answers, where something tells them apart", () => {
  const ours = { address: "10.77.0.2", mayfly: "proxy" };
  const theirs = { address: "10.77.0.2", gives: "10.77.0.60" };
  const answers: readonly (ServerAnswer & { readonly mayfly?: string })[] = [ours, theirs, ours];
  expect(mergeAnswers(answers, ({ mayfly = "" }) => mayfly)).toEqual([ours, theirs]);
});

test("what it gives is told in a few words", () => {
  expect(describeBootOffer({ class: "PXEClient" })).toBe("PXEClient, its boot file on port 4011");
  expect(describeBootOffer({ file: "a.efi", nextServer: "10.0.0.9" })).toBe("a.efi from 10.0.0.9");
});
