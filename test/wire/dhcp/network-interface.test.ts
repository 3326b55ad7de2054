import { expect, test } from "vitest";
import { decodeNetworkInterface, encodeNetworkInterface } from "../../../src/wire/dhcp/network-interface.ts";
import { unhex } from "../../support/packets.ts";

test("option 94 is a type and a version, both ways", () => {
  const undi = { type: 1, major: 3, minor: 16 };
  expect(decodeNetworkInterface(unhex("010310"))).toEqual(undi);
  expect(encodeNetworkInterface(undi)).toEqual(unhex("010310"));
});

test.each([[[]], [[1, 3]], [[1, 3, 0, 0]]])("option 94 of the bytes %j is refused", (bytes) => {
  expect(() => decodeNetworkInterface(Uint8Array.from(bytes))).toThrow("want 3");
});
