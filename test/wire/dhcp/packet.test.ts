import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BOOTREPLY, BOOTREQUEST, decodePacket, encodePacket } from "../../../src/wire/dhcp/packet.ts";
import { WireError } from "../../../src/wire/error.ts";
import { request, unhex } from "../../support/packets.ts";

const OPTIONS_AT = 240;

/** A packet's bytes with this options field, written by hand so that the encoder is not its own witness. */
function packetWith(
  options: string,
  header: { file?: string; sname?: string; length?: number } = {},
): Uint8Array {
  const field = unhex(options);
  const bytes = new Uint8Array(header.length ?? OPTIONS_AT + field.length);
  bytes.set([1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 4, 0x80, 0]);
  bytes.set([10, 77, 0, 9], 12);
  bytes.set([0x52, 0x54, 0, 0x12, 0x34, 0x56], 28);
  bytes.set(unhex(header.sname ?? ""), 44);
  bytes.set(unhex(header.file ?? ""), 108);
  bytes.set([0x63, 0x82, 0x53, 0x63], 236);
  bytes.set(field, OPTIONS_AT);
  return bytes;
}

function optionsOf(bytes: Uint8Array): [number, string][] {
  return Array.from(decodePacket(bytes).options, ([code, value]) => [
    code,
    Buffer.from(value).toString("hex"),
  ]);
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
  return "no error";
}

describe("decodePacket", () => {
  test("reads every field of the header where RFC 2131 puts it", () => {
    expect(decodePacket(packetWith("350101 ff", { file: "626f6f74", sname: "7365727665" }))).toEqual({
      op: BOOTREQUEST,
      htype: 1,
      hlen: 6,
      hops: 0,
      xid: 0xdeadbeef,
      secs: 4,
      flags: 0x8000,
      ciaddr: "10.77.0.9",
      yiaddr: "0.0.0.0",
      siaddr: "0.0.0.0",
      giaddr: "0.0.0.0",
      chaddr: unhex("525400123456 00000000000000000000"),
      sname: "serve",
      file: "boot",
      options: new Map([[53, Uint8Array.of(1)]]),
    });
  });

  test("skips pads, stops at END and keeps unknown options in the order sent", () => {
    expect(optionsOf(packetWith("00 e00142 00 350101 0000 e000 ff 3c0141"))).toEqual([
      [0xe0, "42"],
      [53, "01"],
    ]);
  });

  test("forgives a missing END", () => {
    expect(optionsOf(packetWith("350101"))).toEqual([[53, "01"]]);
  });

  test("joins the pieces of an option, wherever they are: options, then file, then sname (RFC 3396)", () => {
    const bytes = packetWith("350101 3c0141 340103 3c0142 ff", {
      file: "3c0143 e00101 ff",
      sname: "3c0144 ff",
    });
    expect(optionsOf(bytes)).toEqual([
      [53, "01"],
      [60, "41424344"],
      [0xe0, "01"],
    ]);
    expect(decodePacket(bytes)).toMatchObject({ file: "", sname: "" });
  });

  test("reads only the field that option 52 names", () => {
    const fields = { file: "3c0143 ff", sname: "3c0144 ff" };
    expect(decodePacket(packetWith("340101 ff", fields))).toMatchObject({
      file: "",
      sname: "<\u0001D\u00ff",
    });
    expect(decodePacket(packetWith("340102 ff", fields))).toMatchObject({
      file: "<\u0001C\u00ff",
      sname: "",
    });
  });

  test.each([
    ["an empty datagram", new Uint8Array(), "WIRE_TRUNCATED"],
    ["one that ends before the options", new Uint8Array(239), "WIRE_TRUNCATED"],
    ["BOOTP without the cookie", new Uint8Array(300), "WIRE_BAD_MAGIC"],
    ["an option that is cut off", packetWith("3c05 41"), "WIRE_TRUNCATED"],
    ["an option code without a length", packetWith("350101 3c"), "WIRE_TRUNCATED"],
    ["an option in file that is cut off", packetWith("340101 ff", { file: "3cff" }), "WIRE_TRUNCATED"],
    ["an overload of nothing", packetWith("340100 ff"), "WIRE_BAD_VALUE"],
    ["an overload of something else", packetWith("340104 ff"), "WIRE_BAD_VALUE"],
    ["an overload of two bytes", packetWith("34020101 ff"), "WIRE_BAD_VALUE"],
    ["an op that is neither", packetWith("ff").with(0, 3), "WIRE_BAD_VALUE"],
    ["an hlen that chaddr cannot hold", packetWith("ff").with(2, 17), "WIRE_BAD_LENGTH"],
  ])("refuses %s", (_, bytes, code) => {
    expect(codeOf(() => decodePacket(bytes))).toBe(code);
  });
});

describe("encodePacket", () => {
  test("pads to the 300 bytes of BOOTP, with zeros behind END", () => {
    const bytes = encodePacket(request());
    expect(bytes).toHaveLength(300);
    expect(bytes.slice(OPTIONS_AT, OPTIONS_AT + 5)).toEqual(unhex("350101 ff 00"));
    expect(bytes.slice(OPTIONS_AT + 4).every((byte) => byte === 0)).toBe(true);
  });

  test("splits an option of more than 255 bytes into pieces (RFC 3396)", () => {
    const value = Uint8Array.from({ length: 600 }, (_, i) => i % 251);
    const bytes = encodePacket(request({ options: new Map([[224, value]]) }), 1500);
    expect(bytes[OPTIONS_AT + 3]).toBe(224);
    expect(bytes[OPTIONS_AT + 4]).toBe(255);
    expect(bytes[OPTIONS_AT + 5 + 255]).toBe(224);
    expect(decodePacket(bytes).options.get(224)).toEqual(value);
  });

  test("puts what does not fit into file, then sname, and nothing else there", () => {
    const packet = request({
      options: new Map([
        [224, new Uint8Array(250).fill(1)],
        [225, new Uint8Array(100).fill(2)],
        [226, new Uint8Array(50).fill(3)],
        [227, new Uint8Array(5).fill(4)],
      ]),
    });
    const bytes = encodePacket(packet);
    expect(bytes.length).toBeLessThanOrEqual(576 - 28);
    expect([...bytes.subarray(108, 111)]).toEqual([225, 100, 2]);
    expect([...bytes.subarray(44, 47)]).toEqual([226, 50, 3]);
    expect(decodePacket(bytes)).toEqual(packet);
  });

  test("cuts an option only when no field has room for the whole of it", () => {
    const packet = request({
      options: new Map([
        [224, new Uint8Array(250).fill(1)],
        [225, new Uint8Array(160).fill(2)],
      ]),
    });
    const bytes = encodePacket(packet);
    expect([...bytes.subarray(OPTIONS_AT + 255, OPTIONS_AT + 258)]).toEqual([225, 47, 2]);
    expect([...bytes.subarray(108, 111)]).toEqual([225, 113, 2]);
    expect(decodePacket(bytes)).toEqual(packet);
  });

  test("leaves file and sname alone while there is room, and when they are in use", () => {
    const small = request({ header: { file: "boot.efi" }, options: new Map([[224, new Uint8Array(200)]]) });
    expect(decodePacket(encodePacket(small))).toEqual(small);
    const large = request({ header: { file: "boot.efi" }, options: new Map([[224, new Uint8Array(340)]]) });
    expect(decodePacket(encodePacket(large)).file).toBe("boot.efi");
    expect([...encodePacket(large).subarray(44, 45)]).toEqual([224]);
  });

  test("says so when nothing has room left", () => {
    const full = { header: { file: "boot.efi", sname: "server" } };
    const options = new Map([[224, new Uint8Array(340)]]);
    expect(() => encodePacket(request({ ...full, options }))).toThrow(
      "2 options need 347 bytes, but the packet has room for 308 and its header fields are in use",
    );
    expect(decodePacket(encodePacket(request({ ...full, options }), 1500)).options.get(224)).toHaveLength(
      340,
    );
  });

  test("counts a message size of less than 576 as 576", () => {
    expect(encodePacket(request({ options: new Map([[224, new Uint8Array(200)]]) }), 0).length).toBeLessThan(
      549,
    );
  });

  test("ends file and sname with a NUL, so that nobody reads on (Q7)", () => {
    const bytes = encodePacket(request({ header: { file: "f".repeat(127), sname: "s".repeat(63) } }));
    expect(bytes[108 + 127]).toBe(0);
    expect(bytes[44 + 63]).toBe(0);
  });

  test.each([
    ["a file of 128 bytes", { header: { file: "f".repeat(128) } }, "WIRE_BAD_LENGTH"],
    ["an sname of 64 bytes", { header: { sname: "s".repeat(64) } }, "WIRE_BAD_LENGTH"],
    ["a NUL in file", { header: { file: "a\0b" } }, "WIRE_BAD_VALUE"],
    ["a character of two bytes", { header: { file: "ÿ€" } }, "WIRE_BAD_VALUE"],
    ["an option 0", { options: new Map([[0, new Uint8Array()]]) }, "WIRE_BAD_VALUE"],
    ["an option 52", { options: new Map([[52, Uint8Array.of(1)]]) }, "WIRE_BAD_VALUE"],
    ["an option 255", { options: new Map([[255, new Uint8Array()]]) }, "WIRE_BAD_VALUE"],
  ])("refuses %s", (_, facts, code) => {
    expect(codeOf(() => encodePacket(request(facts)))).toBe(code);
  });
});

const byte = fc.integer({ min: 0, max: 255 });
const word = fc.integer({ min: 0, max: 0xffff });
const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join("."));
const name = (maxLength: number) =>
  fc.array(fc.integer({ min: 1, max: 255 }), { maxLength }).map((codes) => String.fromCharCode(...codes));
const options = fc
  .array(
    fc.tuple(
      byte.filter((code) => ![0, 52, 255].includes(code)),
      fc.uint8Array({ maxLength: 600 }),
    ),
    { maxLength: 6 },
  )
  .map((entries) => new Map(entries));

const anyPacket = fc.record({
  op: fc.constantFrom(BOOTREQUEST, BOOTREPLY),
  htype: byte,
  hlen: fc.integer({ min: 0, max: 16 }),
  hops: byte,
  xid: fc.integer({ min: 0, max: 0xffffffff }),
  secs: word,
  flags: word,
  ciaddr: ipv4,
  yiaddr: ipv4,
  siaddr: ipv4,
  giaddr: ipv4,
  chaddr: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  sname: name(63),
  file: name(127),
  options,
});

test("decoding what was encoded gives the same packet, however it had to be packed", () => {
  fc.assert(
    fc.property(anyPacket, fc.integer({ min: 576, max: 9000 }), (packet, size) => {
      let bytes: Uint8Array;
      try {
        bytes = encodePacket(packet, size);
      } catch (error) {
        expect(error).toMatchObject({ code: "WIRE_BAD_LENGTH" });
        return;
      }
      expect(bytes.length).toBeLessThanOrEqual(size - 28);
      expect(bytes.length).toBeGreaterThanOrEqual(300);
      const decoded = decodePacket(bytes);
      expect(decoded).toEqual(packet);
      expect([...decoded.options.keys()]).toEqual([...packet.options.keys()]);
    }),
    { numRuns: 500 },
  );
});
