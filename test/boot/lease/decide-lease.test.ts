import { describe, expect, test } from "vitest";
import { encodeAddresses } from "../../../src/wire/dhcp/addresses.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { encodeRelayAgentInfo } from "../../../src/wire/dhcp/relay-agent.ts";
import { ask, type LeaseRig, leaseRig, NEIGHBOUR, SELF, START_MS, subnet } from "../../support/leases.ts";
import { UUID, unhex } from "../../support/packets.ts";

const A = "52:54:00:00:00:0a";
const B = "52:54:00:00:00:0b";
const C = "52:54:00:00:00:0c";
const SMALL = subnet({ pools: [{ first: "10.0.0.100", last: "10.0.0.101" }] });

function leased(rig: LeaseRig, mac: string): string {
  const address = rig.boot(mac);
  if (address === undefined) throw new Error("no address");
  return address;
}

describe("DISCOVER (RFC 2131 §4.3.1)", () => {
  test("is offered a new address of the pool, which nobody else is offered", () => {
    const rig = leaseRig([SMALL]);
    const first = rig.decide({ request: ask("DISCOVER", { mac: A }) });
    const second = rig.decide({ request: ask("DISCOVER", { mac: B }) });
    expect([first, second]).toMatchObject([
      { type: "offer", durable: false, leaseSeconds: 3600 },
      { type: "offer", durable: false },
    ]);
    expect(new Set([first, second].map((each) => "address" in each && each.address)).size).toBe(2);
    expect(rig.decide({ request: ask("DISCOVER", { mac: C }) })).toMatchObject({
      type: "silent",
      reason: "pool-exhausted",
    });
  });

  test("is offered the same again while it repeats itself", () => {
    const rig = leaseRig();
    const [first, again] = [1, 2].map(() => rig.decide({ request: ask("DISCOVER", { mac: A }) }));
    expect(again).toEqual(first);
  });

  test("that nothing comes of holds its address for a minute", () => {
    const rig = leaseRig([subnet({ pools: [{ first: "10.0.0.100", last: "10.0.0.100" }] })]);
    rig.decide({ request: ask("DISCOVER", { mac: A }) });
    rig.nowMs = 59_999;
    expect(rig.boot(B)).toBeUndefined();
    rig.nowMs = 60_000;
    expect(rig.boot(B)).toBe("10.0.0.100");
  });

  test("gets the address that the client asks for, if that is free and of the pool", () => {
    const rig = leaseRig();
    const offers = (mac: string, wants: string) => rig.decide({ request: ask("DISCOVER", { mac, wants }) });
    expect(offers(A, "10.0.0.107")).toMatchObject({ type: "offer", address: "10.0.0.107" });
    for (const wants of ["10.0.0.107", "10.0.0.7", "10.0.0.255", "192.168.1.1"]) {
      const decision = offers(B, wants);
      expect(decision).toMatchObject({ type: "offer", address: expect.stringMatching(/^10\.0\.0\.10\d$/) });
      expect(decision).not.toMatchObject({ address: "10.0.0.107" });
    }
  });

  test("gets the address that the client has, and after that the one that it had", () => {
    const rig = leaseRig();
    const mine = leased(rig, A);
    expect(rig.decide({ request: ask("DISCOVER", { mac: A, wants: "10.0.0.108" }) })).toMatchObject({
      address: mine,
    });
    rig.nowMs = 40 * 3_600_000;
    expect(rig.boot(A)).toBe(mine);
  });

  test("of a stranger gets what nobody ever had, and then what was longest unused", () => {
    const rig = leaseRig([SMALL]);
    const [first, second] = [leased(rig, A), leased(rig, B)];
    rig.nowMs = 3_000_000;
    rig.decide({ request: ask("REQUEST", { mac: A, has: first }) });
    rig.nowMs = 3_600_000 + 3_000_000;
    expect(rig.boot(C)).toBe(second);
    expect(rig.boot(A)).toBe(first);
  });

  test("never gets our own address, the router's, the network's or the broadcast address", () => {
    const routers = new Map([[OPTION.ROUTER as number, encodeAddresses(["10.0.0.2"])]]);
    const whole = subnet({
      length: 29,
      pools: [{ first: "10.0.0.0", last: "10.0.0.7" }],
      options: routers,
    });
    const rig = leaseRig([whole]);
    const macs = Array.from({ length: 8 }, (_, i) => `52:54:00:00:01:0${i}`);
    const got = macs.map((mac) => rig.boot(mac)).filter((address) => address !== undefined);
    expect(got.sort()).toEqual(["10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
    expect(rig.decide({ request: ask("REQUEST", { wants: "10.0.0.2" }) })).toMatchObject({ type: "nak" });
  });

  test("with nothing to tell the client by is not answered", () => {
    const nobody = ask("DISCOVER", { header: { chaddr: new Uint8Array(16) } });
    expect(leaseRig().decide({ request: nobody })).toMatchObject({ reason: "no-identity" });
  });

  test("is not answered where only reservations count", () => {
    const rig = leaseRig([subnet({ pools: [] })]);
    expect(rig.decide({ request: ask("DISCOVER") })).toMatchObject({ reason: "no-reservation" });
  });

  test("of plain BOOTP is not answered: such an address would never come back", () => {
    const { options, ...rest } = ask("DISCOVER");
    const plain = new Map([...options].filter(([code]) => code !== OPTION.MESSAGE_TYPE));
    expect(leaseRig().decide({ request: { ...rest, options: plain } })).toMatchObject({ reason: "bootp" });
  });
});

describe("REQUEST in answer to an OFFER (SELECTING)", () => {
  test("is acknowledged once the lease is kept, and again when it is repeated", () => {
    const rig = leaseRig();
    const offer = rig.decide({ request: ask("DISCOVER", { mac: A }) });
    if (offer.type !== "offer") throw new Error("no offer");
    for (let i = 0; i < 2; i++) {
      const request = ask("REQUEST", { mac: A, wants: offer.address, server: SELF });
      const ack = rig.decide({ request });
      expect(ack).toMatchObject({ type: "ack", kind: "selecting", address: offer.address, durable: true });
      expect(ack.changes).toContainEqual({ type: "put", lease: rig.kept.get(offer.address) });
    }
    expect([...rig.book.offers()]).toEqual([]);
  });

  test("is acknowledged even if a restart forgot the offer", () => {
    const request = ask("REQUEST", { wants: "10.0.0.104", server: SELF });
    expect(leaseRig().decide({ request })).toMatchObject({ type: "ack", address: "10.0.0.104" });
  });

  test("is refused when another has the address by now", () => {
    const rig = leaseRig();
    const theirs = leased(rig, B);
    const request = ask("REQUEST", { mac: A, wants: theirs, server: SELF });
    expect(rig.decide({ request })).toMatchObject({ type: "nak", reason: "taken", address: theirs });
  });

  test("of another server is left to that, said to the operator, and frees our offer", () => {
    const rig = leaseRig();
    rig.decide({ request: ask("DISCOVER", { mac: A }) });
    const request = ask("REQUEST", { mac: A, wants: "10.0.0.200", server: "10.0.0.254" });
    expect(rig.decide({ request })).toMatchObject({
      type: "silent",
      reason: "foreign-server",
      server: "10.0.0.254",
    });
    expect([...rig.book.offers()]).toEqual([]);
  });

  test("of another of our addresses is answered there, and nobody is warned", () => {
    const request = ask("REQUEST", { wants: "10.0.0.104", server: "10.9.9.9" });
    expect(leaseRig().decide({ request, ownAddresses: [SELF, "10.9.9.9"] })).toMatchObject({
      reason: "own-other-address",
    });
  });
});

describe("REQUEST after a reboot (INIT-REBOOT)", () => {
  test("is acknowledged for the client's own address", () => {
    const rig = leaseRig();
    const mine = leased(rig, A);
    expect(rig.decide({ request: ask("REQUEST", { mac: A, wants: mine }) })).toMatchObject({
      type: "ack",
      kind: "init-reboot",
      address: mine,
    });
  });

  test("is refused for an address of another network", () => {
    const request = ask("REQUEST", { wants: "192.168.1.7" });
    expect(leaseRig().decide({ request })).toMatchObject({ type: "nak", reason: "wrong-subnet" });
  });

  test("is refused for an address that we do not give, since we alone give them here", () => {
    const request = ask("REQUEST", { wants: "10.0.0.7" });
    expect(leaseRig().decide({ request })).toMatchObject({ type: "nak", reason: "not-ours-to-give" });
  });

  test("is acknowledged by a server that has lost its memory, if the address is free", () => {
    const request = ask("REQUEST", { wants: "10.0.0.107" });
    expect(leaseRig().decide({ request })).toMatchObject({ type: "ack", address: "10.0.0.107" });
  });

  test("is met with silence on a network that is not ours, with what is missing", () => {
    const request = ask("REQUEST", { wants: "192.168.1.7" });
    expect(leaseRig().decide({ request, self: "172.16.0.1" })).toMatchObject({
      type: "silent",
      reason: "no-subnet",
      link: "172.16.0.1",
    });
  });
});

describe("REQUEST of a client with an address", () => {
  test("that renews keeps it, for a new time", () => {
    const rig = leaseRig();
    const mine = leased(rig, A);
    rig.nowMs = 1_800_000;
    expect(rig.decide({ request: ask("REQUEST", { mac: A, has: mine }) })).toMatchObject({
      type: "ack",
      kind: "renewing",
      address: mine,
    });
    expect(rig.book.lease(mine)).toMatchObject({
      untilMs: START_MS + 1_800_000 + 3_600_000,
      sinceMs: START_MS,
    });
  });

  test("that rebinds is told apart by its broadcast, or by the relay that passed it on", () => {
    const rig = leaseRig([subnet(), NEIGHBOUR]);
    const mine = leased(rig, A);
    const request = ask("REQUEST", { mac: A, has: mine });
    expect(rig.decide({ request, wasBroadcast: true })).toMatchObject({ type: "ack", kind: "rebinding" });
    const relayed = ask("REQUEST", { mac: B, has: "10.0.1.103", header: { giaddr: "10.0.1.1" } });
    expect(rig.decide({ request: relayed })).toMatchObject({ type: "ack", kind: "rebinding" });
  });

  test("that rebinds on another network than its address's is refused; one whose request was routed is not", () => {
    const rig = leaseRig([subnet(), NEIGHBOUR]);
    const request = ask("REQUEST", { mac: A, has: "10.0.1.103" });
    expect(rig.decide({ request, wasBroadcast: true })).toMatchObject({
      type: "nak",
      reason: "wrong-subnet",
    });
    expect(rig.decide({ request, wasBroadcast: false })).toMatchObject({ type: "ack" });
  });

  test("that renews what another has by now is refused", () => {
    const rig = leaseRig();
    const theirs = leased(rig, B);
    expect(rig.decide({ request: ask("REQUEST", { mac: A, has: theirs }) })).toMatchObject({
      type: "nak",
      reason: "taken",
    });
  });

  test("and names the server beside it is understood all the same", () => {
    const rig = leaseRig();
    const mine = leased(rig, A);
    const request = ask("REQUEST", { mac: A, has: mine, server: SELF });
    expect(rig.decide({ request })).toMatchObject({ type: "ack", kind: "renewing" });
  });

  test("outside the pools, since they were changed, is moved", () => {
    const rig = leaseRig();
    const mine = leased(rig, A);
    rig.table = leaseRig([subnet({ pools: [{ first: "10.0.0.200", last: "10.0.0.209" }] })]).table;
    expect(rig.decide({ request: ask("REQUEST", { mac: A, has: mine }) })).toMatchObject({ type: "nak" });
    expect(rig.boot(A)).toMatch(/^10\.0\.0\.20\d$/);
  });
});

describe("the lease time (option 51)", () => {
  test.each([
    [undefined, 3600],
    [5000, 5000],
    [100_000, 7200],
    [0xffffffff, 7200],
    [1, 120],
  ])("%s seconds become %i", (seconds, granted) => {
    const facts = seconds === undefined ? {} : { seconds };
    expect(leaseRig().decide({ request: ask("DISCOVER", facts) })).toMatchObject({ leaseSeconds: granted });
  });
});

describe("RELEASE", () => {
  test("frees the address for strangers, but it is the client's again if it comes back first", () => {
    const rig = leaseRig([SMALL]);
    const [mine] = [leased(rig, A), leased(rig, B)];
    expect(rig.boot(C)).toBeUndefined();
    expect(rig.decide({ request: ask("RELEASE", { mac: A, has: mine, server: SELF }) })).toMatchObject({
      type: "released",
      durable: true,
      address: mine,
    });
    expect(rig.boot(A)).toBe(mine);
    rig.decide({ request: ask("RELEASE", { mac: A, has: mine, server: SELF }) });
    expect(rig.boot(C)).toBe(mine);
  });

  test("of another's address does nothing", () => {
    const rig = leaseRig();
    const theirs = leased(rig, B);
    expect(rig.decide({ request: ask("RELEASE", { mac: A, has: theirs }) })).toMatchObject({
      type: "silent",
      reason: "not-its-lease",
      changes: [],
    });
  });
});

describe("DECLINE", () => {
  test("keeps the address from everybody for the configured time", () => {
    const rig = leaseRig([SMALL]);
    const mine = leased(rig, A);
    const decline = ask("DECLINE", { mac: A, wants: mine, server: SELF });
    expect(rig.decide({ request: decline })).toMatchObject({
      type: "declined",
      durable: true,
      address: mine,
      untilMs: START_MS + 600_000,
    });
    expect(rig.boot(A)).not.toBe(mine);
    expect(rig.boot(B)).toBeUndefined();
    expect(rig.decide({ request: ask("REQUEST", { mac: B, wants: mine }) })).toMatchObject({ type: "nak" });
    rig.nowMs = 600_000;
    expect(rig.boot(B)).toBe(mine);
  });

  test("of an address that was only offered counts too; of another's it does not", () => {
    const rig = leaseRig();
    const offer = rig.decide({ request: ask("DISCOVER", { mac: A }) });
    const address = offer.type === "offer" ? offer.address : "";
    expect(rig.decide({ request: ask("DECLINE", { mac: B, wants: address }) })).toMatchObject({
      reason: "not-its-lease",
    });
    expect(rig.decide({ request: ask("DECLINE", { mac: A, wants: address }) })).toMatchObject({
      type: "declined",
    });
  });

  test("of one client after the other does not empty the pool: a broken one sees conflicts everywhere", () => {
    const rig = leaseRig();
    for (let i = 0; i < 30; i++) {
      const mine = rig.boot(A);
      if (mine !== undefined) rig.decide({ request: ask("DECLINE", { mac: A, wants: mine }) });
    }
    const avoided = [...rig.book.leases()]
      .map(([, lease]) => lease)
      .filter(({ state, untilMs }) => state === "conflict" && untilMs > START_MS);
    expect(avoided).toHaveLength(4);
    expect(rig.boot(B)).toBeDefined();
  });
});

describe("INFORM", () => {
  test("gets options and no lease", () => {
    const rig = leaseRig();
    expect(rig.decide({ request: ask("INFORM", { has: "10.0.0.7" }) })).toMatchObject({
      type: "inform-ack",
      changes: [],
      durable: false,
    });
    expect(rig.kept.size).toBe(0);
  });
});

describe("an owner", () => {
  test("is its Ethernet address through the four rounds of one boot, whatever option 61 says", () => {
    const rig = leaseRig();
    const ids = ["01 52540000000a", "00 aabbccdd", "ff 00000001 0001 0001 29ab3c4d 52540000000a"];
    const got = [undefined, ...ids].map((id) => {
      const options = new Map(id === undefined ? [] : [[OPTION.CLIENT_ID as number, unhex(id)]]);
      const offer = rig.decide({ request: ask("DISCOVER", { mac: A, options }) });
      const wants = offer.type === "offer" ? offer.address : "";
      rig.decide({ request: ask("REQUEST", { mac: A, options, wants, server: SELF }) });
      return wants;
    });
    expect(new Set(got).size).toBe(1);
    expect(rig.kept.size).toBe(1);
  });

  test("without an Ethernet address is its client id, its hardware address of another kind, or its UUID", () => {
    const rig = leaseRig();
    const none = { chaddr: new Uint8Array(16) };
    const id = new Map([[OPTION.CLIENT_ID as number, unhex("ff 0102")]]);
    const ownerOf = (facts: Parameters<typeof ask>[1]) => {
      const decision = rig.decide({ request: ask("DISCOVER", facts) });
      return "owner" in decision ? decision.owner : decision.type;
    };
    expect(ownerOf({ header: none, options: id })).toBe("id:ff0102");
    expect(ownerOf({ header: { ...none, htype: 32, hlen: 0 }, options: id })).toBe("id:ff0102");
    const arcnet = new Uint8Array(16).fill(7, 0, 1);
    expect(ownerOf({ header: { chaddr: arcnet, htype: 7, hlen: 1 } })).toBe("hw:7:07");
    expect(ownerOf({ header: none, uuid: UUID })).toMatch(/^uuid:00/);
    const uuidInChaddr = { htype: 255, hlen: 16, chaddr: new Uint8Array(16).fill(9) };
    const card = new Map([[OPTION.CLIENT_ID as number, unhex("01 52540000000a")]]);
    expect(ownerOf({ header: uuidInChaddr, options: card })).toBe(`mac:${A}`);
  });

  test("has one address in a subnet, and one in each where it has a card for both", () => {
    const rig = leaseRig([subnet(), NEIGHBOUR]);
    const here = leased(rig, A);
    const there = rig.boot(A, { self: "10.0.1.1" });
    expect(there).toMatch(/^10\.0\.1\./);
    expect(rig.boot(A)).toBe(here);
    const request = ask("REQUEST", { mac: A, wants: "10.0.0.108", server: SELF });
    expect(rig.decide({ request })).toMatchObject({ type: "ack" });
    expect(rig.book.lease(here)?.state).toBe("released");
    expect(rig.book.lease(there ?? "")?.state).toBe("leased");
  });
});

describe("the network that a request came from", () => {
  const relay = (giaddr: string, agent?: string, selection?: string) =>
    ask("DISCOVER", {
      header: { giaddr },
      options: new Map<number, Uint8Array>([
        ...(selection === undefined
          ? []
          : [[OPTION.SUBNET_SELECTION, encodeAddresses([selection])] as const]),
        ...(agent === undefined
          ? []
          : [[OPTION.RELAY_AGENT, encodeRelayAgentInfo(new Map([[5, encodeAddresses([agent])]]))] as const]),
      ]),
    });
  const third = subnet({
    network: "10.0.2.0",
    pools: [{ first: "10.0.2.9", last: "10.0.2.9" }],
    options: new Map(),
  });

  test.each([
    ["that of the interface", relay("0.0.0.0"), "10.0.0.0"],
    ["the relay's, by giaddr", relay("10.0.1.1"), "10.0.1.0"],
    ["the client's choice, by option 118 (RFC 3011)", relay("10.0.1.1", undefined, "10.0.2.0"), "10.0.2.0"],
    ["the relay's choice, by option 82 (RFC 3527)", relay("10.0.0.9", "10.0.1.0", "10.0.2.0"), "10.0.1.0"],
  ])("is %s", (_why, request, network) => {
    const decision = leaseRig([subnet(), NEIGHBOUR, third]).decide({ request });
    expect(decision).toMatchObject({ type: "offer", subnet: { network } });
  });

  test("is answered with silence, naming an address of it, when it is not configured", () => {
    expect(leaseRig().decide({ request: relay("10.7.0.1") })).toMatchObject({
      reason: "no-subnet",
      link: "10.7.0.1",
    });
  });

  test("may have a relay that is taken for the server (RFC 5107)", () => {
    const agent = encodeRelayAgentInfo(new Map([[11, encodeAddresses(["10.0.1.1"])]]));
    const options = new Map([[OPTION.RELAY_AGENT as number, agent]]);
    const header = { giaddr: "10.0.1.1" };
    const request = ask("REQUEST", { wants: "10.0.1.105", server: "10.0.1.1", options, header });
    expect(leaseRig([NEIGHBOUR]).decide({ request })).toMatchObject({ type: "ack" });
  });
});

test("what no server answers is not answered", () => {
  const rig = leaseRig();
  for (const type of ["OFFER", "ACK", "NAK", "REQUEST", "DECLINE", "RELEASE", "INFORM"] as const) {
    expect(rig.decide({ request: ask(type) })).toMatchObject({ reason: "not-a-request" });
  }
  expect(rig.decide({ request: ask("DISCOVER", { header: { op: 2 } }) })).toMatchObject({
    reason: "not-a-request",
  });
});
