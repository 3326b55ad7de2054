import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeSyslog } from "../../../src/wire/syslog/message.ts";

const read = (text: string) => decodeSyslog(new TextEncoder().encode(text));

describe("a line of", () => {
  test.each([
    [
      "iPXE",
      "<6>ipxe: http://10.0.0.1/x... ok",
      { severity: 6, program: "ipxe", text: "http://10.0.0.1/x... ok" },
    ],
    ["iPXE that has a name", "<6>beta.lan ipxe: ok", { severity: 6, program: "ipxe", text: "ok" }],
    [
      "RFC 3164",
      "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
      { severity: 2, program: "su", text: "'su root' failed" },
    ],
    [
      "busybox syslogd, which leaves its host out",
      "<30>Nov  2 06:00:01 udhcpc[77]: lease of 10.0.0.7 obtained",
      { severity: 6, program: "udhcpc", text: "lease of 10.0.0.7 obtained" },
    ],
    [
      "the kernel, as syslogd passes it on",
      "<4>Nov 22 06:00:01 beta kernel: [    1.5] tg3: link is down",
      { severity: 4, program: "kernel", text: "[    1.5] tg3: link is down" },
    ],
    [
      "RFC 5424",
      '<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [x@1 a="b\\]c"][y z="1"] \uFEFFAn event',
      { severity: 5, program: "evntslog", text: "An event" },
    ],
    ["RFC 5424 without anything", "<13>1 - - - - - - hello", { severity: 5, text: "hello" }],
    ["netconsole", "[    3.2] usb 1-1: new device\n", { text: "[    3.2] usb 1-1: new device" }],
    [
      "netconsole with the record",
      "4,1056,3456789,-;e1000e: eth0 NIC Link is Down",
      { severity: 4, program: "kernel", text: "e1000e: eth0 NIC Link is Down" },
    ],
    ["a sentence with a colon", "<13>no such file: initrd", { severity: 5, text: "no such file: initrd" }],
    ["no known priority", "<999>hm", { text: "<999>hm" }],
    ["a terminal", "<6>ipxe: \u001b[1;31mred\u001b[0m\u0007", { severity: 6, program: "ipxe", text: "red" }],
  ])("%s is read", (_name, line, expected) => {
    expect(read(line)).toEqual([expected]);
  });
});

test("a datagram of several lines is several lines, and empty ones are none", () => {
  expect(read("one\r\n\r\ntwo\0").map(({ text }) => text)).toEqual(["one", "two"]);
  expect(read("<6>ipxe: ")).toEqual([]);
  expect(read("")).toEqual([]);
});

test("any bytes are some lines, short, printable and not too many", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 9000 }),
    fc.string({ unit: "binary", maxLength: 300 }).map((text) => new TextEncoder().encode(`<13>1 ${text}`)),
    fc.string({ unit: "grapheme", maxLength: 300 }).map((text) => new TextEncoder().encode(`<6>${text}`)),
  );
  fc.assert(
    fc.property(bytes, (datagram) => {
      const lines = decodeSyslog(datagram);
      expect(lines.length).toBeLessThanOrEqual(32);
      for (const { text, program = "x", severity = 0 } of lines) {
        expect(text.length).toBeGreaterThan(0);
        expect(text.length).toBeLessThanOrEqual(500);
        expect(`${text}${program}`).not.toMatch(/\p{Cc}/u);
        expect(program.length).toBeLessThanOrEqual(48);
        expect(severity).toBeLessThanOrEqual(7);
      }
    }),
  );
});

test("a line that is made to be slow to read is not", () => {
  const before = performance.now();
  for (const evil of [
    `<13>1 - - - - - ${"[a]".repeat(1300)}`,
    `<13>1 - - - - - ${"[\\".repeat(2000)}`,
    `<6>${"a ".repeat(2000)}`,
  ])
    expect(read(evil).length).toBeLessThanOrEqual(1);
  expect(performance.now() - before).toBeLessThan(1000);
});
