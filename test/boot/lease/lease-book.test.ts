import { describe, expect, test } from "vitest";
import type { Lease } from "../../../src/boot/lease/lease.ts";
import { applyLeases, createLeaseBook } from "../../../src/boot/lease/lease-book.ts";
import { outdatedLeases } from "../../../src/boot/lease/outdated.ts";
import { parseLease } from "../../../src/boot/lease/stored-lease.ts";
import { subnetTable } from "../../../src/boot/lease/subnet.ts";
import { ipv4Number } from "../../../src/wire/net/ipv4.ts";
import { subnet } from "../../support/leases.ts";

function lease(address: string, owner: string, usedMs = 1): Lease {
  return { address, owner, state: "leased", untilMs: usedMs + 1000, usedMs, sinceMs: usedMs };
}

describe("the book of leases", () => {
  test("finds a lease by its address and by its owner", () => {
    const book = createLeaseBook([lease("10.0.0.5", "a"), lease("10.0.1.5", "a"), lease("10.0.0.6", "b")]);
    expect(book.lease("10.0.0.6")?.owner).toBe("b");
    expect(book.lease("10.0.0.7")).toBeUndefined();
    expect(book.leasesOf("a").map((each) => each.address)).toEqual(["10.0.0.5", "10.0.1.5"]);
    expect(book.leasesOf("c")).toEqual([]);
  });

  test("has one lease of an address: the last one put", () => {
    const book = createLeaseBook([lease("10.0.0.5", "a")]);
    applyLeases(book, [{ type: "put", lease: lease("10.0.0.5", "b", 2) }]);
    expect(book.lease("10.0.0.5")?.owner).toBe("b");
    expect(book.leasesOf("a")).toEqual([]);
    applyLeases(book, [{ type: "remove", address: "10.0.0.5" }]);
    expect([...book.leases()]).toEqual([]);
    expect(book.leasesOf("b")).toEqual([]);
    expect(book.isNew(ipv4Number("10.0.0.5"))).toBe(true);
  });

  test("lists the longest unused first, whatever order they were kept in", () => {
    const book = createLeaseBook([
      lease("10.0.0.7", "c", 3),
      lease("10.0.0.5", "a", 1),
      lease("10.0.0.6", "b", 2),
    ]);
    applyLeases(book, [{ type: "put", lease: lease("10.0.0.5", "a", 4) }]);
    expect([...book.leases()].map(([, each]) => each.address)).toEqual(["10.0.0.6", "10.0.0.7", "10.0.0.5"]);
  });

  test("keeps an offer apart from what is known of the address, and ends it with the lease", () => {
    const book = createLeaseBook([lease("10.0.0.5", "a")]);
    const offer = { address: "10.0.0.5", owner: "b", untilMs: 9, isProbed: true, isKnown: false };
    applyLeases(book, [{ type: "offer", offer }]);
    expect(book.lease("10.0.0.5")?.owner).toBe("a");
    expect(book.offersOf("b")).toEqual([offer]);
    applyLeases(book, [{ type: "put", lease: lease("10.0.0.5", "b", 2) }]);
    expect(book.offer("10.0.0.5")).toBeUndefined();
    expect([...book.offers()]).toEqual([]);
  });
});

test("leases of a network that is not configured any more are forgotten once they have ended", () => {
  const book = createLeaseBook([
    lease("10.0.0.5", "a", 1),
    lease("10.9.0.5", "b", 1),
    lease("10.9.0.6", "c", 9),
  ]);
  const table = subnetTable([subnet()]);
  expect(outdatedLeases(book, table, 1005)).toEqual([{ type: "remove", address: "10.9.0.5" }]);
});

describe("a lease that was kept", () => {
  test("comes back from JSON as it was", () => {
    const whole: Lease = {
      ...lease("10.0.0.5", "a"),
      mac: "52:54:00:12:34:56",
      hostName: "beta",
      serial: "deadbeef",
    };
    expect(parseLease(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
  });

  test.each([
    undefined,
    null,
    "text",
    { ...lease("10.0.0.5", "a"), address: "10.0.0" },
    { ...lease("10.0.0.5", "a"), owner: "" },
    { ...lease("10.0.0.5", "a"), state: "offered" },
    { ...lease("10.0.0.5", "a"), untilMs: "9" },
  ])("is none if it says nonsense: %j", (value) => {
    expect(parseLease(value)).toBeUndefined();
  });
});
