import { expect, test } from "vitest";
import { CONNECTION_LIMITS, createConnectionCount } from "../../../src/web/access/connection-count.ts";

const LIMITS = { perAddress: 3, perNetwork: 5, others: 8, loopback: 4 };
const many = (address: string, count = createConnectionCount(LIMITS), tries = 20) =>
  Array.from({ length: tries }, () => count.enter(address)).filter((leave) => leave !== undefined).length;

test("one address has some, and all together more", () => {
  const count = createConnectionCount(LIMITS);
  const each = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((address) => many(address, count));
  expect(each).toEqual([3, 3, 2]);
});

test("whatever others take, there is room for this machine, and whatever it takes, for others", () => {
  const count = createConnectionCount(LIMITS);
  for (let i = 1; i < 50; i++) many(`192.0.2.${i}`, count);
  expect(count.enter("192.0.2.99")).toBeUndefined();
  expect(many("127.0.0.1", count, 3)).toBe(3);
  expect(many("::1", count)).toBe(1);
  expect(many("192.0.2.1", createConnectionCount(LIMITS))).toBe(3);
});

test("in an IPv6 network one machine may have any address: it is counted as well", () => {
  const count = createConnectionCount(LIMITS);
  const addresses = ["2001:db8::1", "2001:db8::2:0:0:1", "2001:db8:0:0:a:b:c:d", "2001:db8::3"];
  expect(addresses.map((address) => many(address, count))).toEqual([3, 2, 0, 0]);
  expect(many("2001:db8:0:1::1", count)).toBe(3);
  // Of these everybody on the cable has one.
  const links = createConnectionCount(LIMITS);
  expect(["fe80::1", "fe80::2", "fe80::3"].map((address) => many(address, links))).toEqual([3, 3, 2]);
});

test("room that was left is there again, once", () => {
  const count = createConnectionCount(LIMITS);
  const leave = count.enter("192.0.2.1");
  many("192.0.2.1", count);
  leave?.();
  leave?.();
  expect(many("192.0.2.1", count)).toBe(1);
});

test("a browser and its pages have room many times", () => {
  expect(CONNECTION_LIMITS.perAddress).toBeGreaterThan(4 * 6);
  expect(CONNECTION_LIMITS.others).toBeGreaterThan(CONNECTION_LIMITS.perNetwork);
});
