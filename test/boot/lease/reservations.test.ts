import { describe, expect, test } from "vitest";
import { hostReservations } from "../../../src/boot/lease/host-reservations.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { ask, leaseRig, NEIGHBOUR, reservation, SELF, subnet } from "../../support/leases.ts";
import { UUID, unhex } from "../../support/packets.ts";

const A = "52:54:00:00:00:0a";
const B = "52:54:00:00:00:0b";
const SERIAL = "deadbeef";
const ONE = subnet({ pools: [{ first: "10.0.0.100", last: "10.0.0.101" }] });
const netboot = { mac: A, stage: "uefi" } as const;

describe("a reservation", () => {
  test.each([
    ["MAC address", { macs: [A] }, {}],
    ["UUID (option 97)", { uuids: [UUID] }, { ...netboot, uuid: UUID }],
    ["Raspberry Pi's serial number", { serials: [SERIAL] }, { ...netboot, serial: SERIAL }],
  ])("by %s is what the machine gets, in a pool or not", (_by, identity, client) => {
    for (const address of ["10.0.0.7", "10.0.0.105"]) {
      const rig = leaseRig([subnet()], [reservation({ ...identity, addresses: [address] })]);
      expect(rig.boot(A, { client: { ...netboot, ...client } })).toBe(address);
      expect(rig.boot(B)).not.toBe(address);
    }
  });

  test("by the sixteen digits of a Raspberry Pi's serial number is found by the eight that its firmware says", () => {
    const rig = leaseRig(
      [subnet()],
      [reservation({ serials: ["10000000DEADBEEF"], addresses: ["10.0.0.7"] })],
    );
    expect(rig.boot(A, { client: { ...netboot, stage: "pi-rom", serial: SERIAL } })).toBe("10.0.0.7");
  });

  test("by UUID or serial number stays the machine's when its Linux asks, which says neither", () => {
    for (const client of [
      { ...netboot, uuid: UUID },
      { ...netboot, serial: SERIAL },
    ]) {
      const one = reservation({ uuids: [UUID], serials: [SERIAL], addresses: ["10.0.0.7"] });
      const rig = leaseRig([subnet()], [one]);
      expect(rig.boot(A, { client })).toBe("10.0.0.7");
      expect(rig.boot(A)).toBe("10.0.0.7");
      expect(rig.decide({ request: ask("REQUEST", { mac: A, has: "10.0.0.7" }) })).toMatchObject({
        type: "ack",
      });
      rig.nowMs = 90 * 86_400_000;
      expect(rig.boot(A)).toBe("10.0.0.7");
    }
  });

  test("by client id is that client's alone, though others ask from the same card", () => {
    const id = new Map([[OPTION.CLIENT_ID as number, unhex("00 aabb")]]);
    const rig = leaseRig(
      [subnet()],
      [
        reservation({ clientIds: ["00aabb"], addresses: ["10.0.0.8"] }),
        reservation({ macs: [A], addresses: ["10.0.0.7"] }),
      ],
    );
    const discover = (options: ReadonlyMap<number, Uint8Array>) =>
      rig.decide({ request: ask("DISCOVER", { mac: A, options }) });
    expect(discover(id)).toMatchObject({ address: "10.0.0.8", owner: "id:00aabb" });
    expect(discover(new Map())).toMatchObject({ address: "10.0.0.7", owner: `mac:${A}` });
  });

  test("with the MAC address and the client id of one machine is one lease", () => {
    const id = new Map([[OPTION.CLIENT_ID as number, unhex("00 aabb")]]);
    const one = reservation({ macs: [A], clientIds: ["00aabb"], addresses: ["10.0.0.7"] });
    const rig = leaseRig([subnet()], [one]);
    expect(rig.boot(A)).toBe("10.0.0.7");
    expect(rig.decide({ request: ask("DISCOVER", { mac: A, options: id }) })).toMatchObject({
      address: "10.0.0.7",
      owner: `mac:${A}`,
    });
  });

  test("of each subnet counts there", () => {
    const both = reservation({ macs: [A], addresses: ["10.0.0.7", "10.0.1.7"] });
    const rig = leaseRig([subnet(), NEIGHBOUR], [both]);
    expect(rig.boot(A)).toBe("10.0.0.7");
    expect(rig.boot(A, { self: "10.0.1.1" })).toBe("10.0.1.7");
  });

  test("moves a machine from its dynamic address when it renews, and not before the place is free", () => {
    const rig = leaseRig();
    const mine = rig.boot(A) ?? "";
    const other = rig.boot(B, {}) ?? "";
    rig.table = leaseRig([subnet()], [reservation({ macs: [A], addresses: [other] })]).table;
    const renew = (mac: string, has: string) => rig.decide({ request: ask("REQUEST", { mac, has }) });
    // B still has it: A keeps what it has, and B must go.
    expect(renew(A, mine)).toMatchObject({ type: "ack", address: mine });
    expect(renew(B, other)).toMatchObject({ type: "nak", reason: "reserved" });
    expect(rig.boot(B)).not.toBe(other);
    expect(renew(A, mine)).toMatchObject({ type: "nak", reason: "moved" });
    expect(rig.boot(A)).toBe(other);
  });

  test("that another card of the same host is using gives this one an address of the pool", () => {
    const rig = leaseRig([subnet()], [reservation({ macs: [A, B], addresses: ["10.0.0.7"] })]);
    expect(rig.boot(A)).toBe("10.0.0.7");
    expect(rig.boot(B)).toMatch(/^10\.0\.0\.10\d$/);
    rig.decide({ request: ask("RELEASE", { mac: A, has: "10.0.0.7" }) });
    expect(rig.boot(B)).toBe("10.0.0.7");
  });

  test("that was declined is replaced by an address of the pool until the conflict is over", () => {
    const rig = leaseRig([subnet()], [reservation({ macs: [A], addresses: ["10.0.0.7"] })]);
    rig.boot(A);
    rig.decide({ request: ask("DECLINE", { mac: A, wants: "10.0.0.7" }) });
    expect(rig.boot(A)).toMatch(/^10\.0\.0\.10\d$/);
    rig.nowMs = 600_000;
    expect(rig.boot(A)).toBe("10.0.0.7");
  });

  test("is refused to whoever asks for it by name", () => {
    const rig = leaseRig([subnet()], [reservation({ macs: [A], addresses: ["10.0.0.105"] })]);
    const request = ask("REQUEST", { mac: B, wants: "10.0.0.105", server: SELF });
    expect(rig.decide({ request })).toMatchObject({ type: "nak", reason: "reserved" });
    expect(rig.decide({ request: ask("DISCOVER", { mac: B, wants: "10.0.0.105" }) })).not.toMatchObject({
      address: "10.0.0.105",
    });
  });
});

test("a machine that was approved as a host, or is an entry of the media folder, is that host here too", () => {
  const beta = reservation({ host: "beta", macs: [A], addresses: ["10.0.0.7"] });
  const printer = reservation({ macs: ["52:54:00:00:00:0f"], addresses: ["10.0.0.9"] });
  const none = { uuids: [], serials: [] };
  const hosts = [
    { ...none, name: "beta", macs: [A, B] },
    { ...none, name: "52-54-00-00-00-0c", macs: ["52:54:00:00:00:0c"] },
  ];
  const all = hostReservations([beta, printer], hosts);
  expect(all).toEqual([
    { ...beta, macs: [A, B] },
    printer,
    reservation({ host: "52-54-00-00-00-0c", macs: ["52:54:00:00:00:0c"] }),
  ]);
  expect(leaseRig([subnet()], all).boot(B)).toBe("10.0.0.7");
});

describe("the probe of an address before its first lease", () => {
  const rigWithProbe = () => leaseRig([subnet({ ...ONE, probe: true })]);

  test("comes before the offer, and holds the address meanwhile", () => {
    const rig = rigWithProbe();
    const request = ask("DISCOVER", { mac: A });
    const probe = rig.decide({ request });
    expect(probe).toMatchObject({ type: "probe", durable: false });
    const address = "address" in probe ? probe.address : "";
    const other = rig.decide({ request: ask("DISCOVER", { mac: B }) });
    expect(other.type === "probe" && other.address).not.toBe(address);
    const offer = rig.decide({ request, probed: { address, inUse: false } });
    expect(offer).toMatchObject({ type: "offer", address });
    // The same client asks again before it requests: nothing is probed twice.
    expect(rig.decide({ request })).toMatchObject({ type: "offer", address });
  });

  test("that finds somebody tells, avoids the address, and goes on with the next", () => {
    const rig = rigWithProbe();
    const request = ask("DISCOVER", { mac: A });
    const first = rig.decide({ request });
    const address = "address" in first ? first.address : "";
    const second = rig.decide({ request, probed: { address, inUse: true } });
    expect(second).toMatchObject({ type: "probe", conflict: address, durable: true });
    const other = second.type === "probe" ? second.address : "";
    expect(other).not.toBe(address);
    expect(rig.kept.get(address)?.state).toBe("conflict");
    const third = rig.decide({ request, probed: { address: other, inUse: true } });
    expect(third).toMatchObject({ type: "silent", reason: "pool-exhausted", conflict: other });
  });

  test("is not made for what the client had before, nor for what is reserved for it", () => {
    const rig = leaseRig(
      [subnet({ probe: true })],
      [reservation({ macs: [B], addresses: ["10.0.0.7"] })],
      [
        {
          address: "10.0.0.104",
          owner: `mac:${A}`,
          state: "leased",
          untilMs: 5,
          usedMs: 1,
          sinceMs: 1,
        },
      ],
    );
    expect(rig.boot(A)).toBe("10.0.0.104");
    expect(rig.boot(B)).toBe("10.0.0.7");
  });

  test("is not made of one that renews: it would find nobody but the client itself", () => {
    const request = ask("REQUEST", { mac: A, has: "10.0.0.100" });
    expect(rigWithProbe().decide({ request })).toMatchObject({ type: "ack" });
  });

  test("comes before the ACK of a client that we do not remember", () => {
    const rig = rigWithProbe();
    const request = ask("REQUEST", { mac: A, wants: "10.0.0.100" });
    expect(rig.decide({ request })).toMatchObject({ type: "probe", address: "10.0.0.100" });
    const probed = { address: "10.0.0.100", inUse: false };
    expect(rig.decide({ request, probed })).toMatchObject({ type: "ack" });
    const other = ask("REQUEST", { mac: B, wants: "10.0.0.101" });
    expect(rig.decide({ request: other, probed: { address: "10.0.0.101", inUse: true } })).toMatchObject({
      type: "nak",
      conflict: "10.0.0.101",
      durable: true,
    });
  });

  test("that finds the machine which got the address meanwhile, with our consent, is no conflict", () => {
    const rig = rigWithProbe();
    const request = ask("DISCOVER", { mac: A });
    const probe = rig.decide({ request });
    const address = "address" in probe ? probe.address : "";
    rig.nowMs = 11_000; // The hold is over.
    rig.decide({ request: ask("REQUEST", { mac: B, has: address }) });
    expect(rig.book.lease(address)?.owner).toBe(`mac:${B}`);
    const next = rig.decide({ request, probed: { address, inUse: true } });
    expect(next).not.toHaveProperty("conflict");
    expect(rig.book.lease(address)?.state).toBe("leased");
  });
});

describe("a flood of made-up machines", () => {
  const strange = (i: number) =>
    `02:00:00:00:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`;

  test("that only asks leaves reservations alone, and gives way to machines with a name or a past", () => {
    const rig = leaseRig([ONE], [reservation({ macs: [A], addresses: ["10.0.0.7"] })]);
    const past = "52:54:00:00:00:0d";
    expect(rig.boot(past)).toBeDefined();
    rig.nowMs = 4_000_000;
    for (let i = 0; i < 500; i++) rig.decide({ request: ask("DISCOVER", { mac: strange(i) }) });
    expect(rig.boot(A)).toBe("10.0.0.7");
    expect(rig.boot(B)).toBeUndefined();
    expect(rig.boot(B, { isKnown: true })).toBeDefined();
    expect(rig.boot(past)).toBeDefined();
  });

  test("takes no more memory than there are addresses", () => {
    const rig = leaseRig([ONE]);
    for (let i = 0; i < 3_000; i++) {
      rig.nowMs += 45_000;
      rig.boot(strange(i));
    }
    expect(rig.kept.size).toBe(2);
    expect([...rig.book.leases()]).toHaveLength(2);
    expect([...rig.book.offers()].length).toBeLessThanOrEqual(2);
    expect(rig.book.byOwner.size).toBe(2);
    expect(rig.book.offersByOwner.size).toBeLessThanOrEqual(2);
  });
});
