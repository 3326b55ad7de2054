import { expect, test } from "vitest";
import { decodeRelayAgentInfo, encodeRelayAgentInfo } from "../../../src/wire/dhcp/relay-agent.ts";
import { unhex } from "../../support/packets.ts";

const VALUE = unhex("01 04 00020003 02 06 aabbccddeeff 97 01 00");

test("option 82 tells the relay's circuit and remote ids, and keeps the rest", () => {
  const info = decodeRelayAgentInfo(VALUE);
  expect(info.circuitId).toEqual(unhex("00020003"));
  expect(info.remoteId).toEqual(unhex("aabbccddeeff"));
  expect([...info.all.keys()]).toEqual([1, 2, 0x97]);
  expect(encodeRelayAgentInfo(info.all)).toEqual(VALUE);
});

test("0 and 255 are codes like any other there, not padding and end", () => {
  expect([...decodeRelayAgentInfo(unhex("00 01 aa ff 01 bb")).all.keys()]).toEqual([0, 255]);
});

test("an option 82 that ends inside a sub-option is refused", () => {
  expect(() => decodeRelayAgentInfo(unhex("01 04 00"))).toThrow("option 82 ends inside its sub-option 1");
});

test("option 82 tells the client's network (RFC 3527) and who is to be taken for the server (RFC 5107)", () => {
  const info = decodeRelayAgentInfo(unhex("05 04 0a000100 0b 04 0a0001fe"));
  expect(info).toMatchObject({ linkSelection: "10.0.1.0", serverIdOverride: "10.0.1.254" });
  expect(() => decodeRelayAgentInfo(unhex("05 03 0a0001"))).toThrow("option 82 has 3 bytes, want 4");
});
