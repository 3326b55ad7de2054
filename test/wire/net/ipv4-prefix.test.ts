import { expect, test } from "vitest";
import { ipv4FromNumber, ipv4Number } from "../../../src/wire/net/ipv4.ts";
import {
  formatIpv4Prefix,
  ipv4Broadcast,
  ipv4Mask,
  parseIpv4Prefix,
  prefixHas,
} from "../../../src/wire/net/ipv4-prefix.ts";

test.each([
  ["10.0.0.0/24", "10.0.0.0/24", "255.255.255.0", "10.0.0.255"],
  ["192.168.7.9/22", "192.168.4.0/22", "255.255.252.0", "192.168.7.255"],
  ["200.1.2.3/32", "200.1.2.3/32", "255.255.255.255", "200.1.2.3"],
  ["200.1.2.3/0", "0.0.0.0/0", "0.0.0.0", "255.255.255.255"],
])("%s is the network %s", (text, network, mask, broadcast) => {
  const prefix = parseIpv4Prefix(text);
  if (prefix === undefined) throw new Error("no prefix");
  expect(formatIpv4Prefix(prefix)).toBe(network);
  expect(ipv4Mask(prefix)).toBe(mask);
  expect(ipv4Broadcast(prefix)).toBe(broadcast);
  expect(prefixHas(prefix, broadcast)).toBe(true);
});

test.each(["10.0.0.0", "10.0.0.0/33", "10.0.0/24", "10.0.0.0/", "a/24"])("%s is none", (text) => {
  expect(parseIpv4Prefix(text)).toBeUndefined();
});

test("an address beyond half of them all has its number too", () => {
  expect(ipv4Number("255.0.0.1")).toBe(0xff000001);
  expect(ipv4FromNumber(0xff000001)).toBe("255.0.0.1");
  expect(prefixHas({ network: "240.0.0.0", length: 4 }, "255.0.0.1")).toBe(true);
  expect(prefixHas({ network: "240.0.0.0", length: 4 }, "10.0.0.1")).toBe(false);
});
