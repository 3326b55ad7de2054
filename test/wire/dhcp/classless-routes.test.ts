import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeClasslessRoutes, encodeClasslessRoutes } from "../../../src/wire/dhcp/classless-routes.ts";
import { ipv4FromNumber } from "../../../src/wire/net/ipv4.ts";
import { parseIpv4Prefix } from "../../../src/wire/net/ipv4-prefix.ts";
import { unhex } from "../../support/packets.ts";

test("routes hold only the bytes of the network that count (RFC 3442's own examples)", () => {
  const value = encodeClasslessRoutes([
    { destination: { network: "0.0.0.0", length: 0 }, router: "10.0.0.1" },
    { destination: { network: "10.17.0.0", length: 16 }, router: "10.0.0.2" },
    { destination: { network: "10.229.0.128", length: 25 }, router: "10.0.0.3" },
  ]);
  expect(value).toEqual(unhex("00 0a000001 10 0a11 0a000002 19 0ae50080 0a000003"));
});

const address = fc.nat(0xffffffff).map(ipv4FromNumber);

test("routes survive both ways", () => {
  const route = fc.record({
    destination: fc
      .tuple(address, fc.nat(32))
      .map(([network, length]) => parseIpv4Prefix(`${network}/${length}`) ?? { network, length }),
    router: address,
  });
  fc.assert(
    fc.property(fc.array(route, { maxLength: 8 }), (routes) => {
      expect(decodeClasslessRoutes(encodeClasslessRoutes(routes))).toEqual(routes);
    }),
  );
});

test("a prefix that is too long, and a route that is cut short, are refused", () => {
  expect(() => decodeClasslessRoutes(unhex("21 0a000000 00 0a000001"))).toThrow("33 bits");
  expect(() => decodeClasslessRoutes(unhex("18 0a0000 0a0000"))).toThrow("inside a route");
});
