/**
 * No address is ever leased to two machines at once: random histories of machines, lost packets, slow
 * disks and crashes, against what each machine believes to have.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { decideLease } from "../../../src/boot/lease/decide-lease.ts";
import type { Lease } from "../../../src/boot/lease/lease.ts";
import { applyLeases, createLeaseBook, isDurable } from "../../../src/boot/lease/lease-book.ts";
import type { LeaseDecision, ProbeResult } from "../../../src/boot/lease/lease-decision.ts";
import { parseLease } from "../../../src/boot/lease/stored-lease.ts";
import { subnetTable } from "../../../src/boot/lease/subnet.ts";
import type { DhcpPacket } from "../../../src/wire/dhcp/packet.ts";
import { ask, reservation, SELF, START_MS, subnet } from "../../support/leases.ts";

/** More machines than addresses; the first two have a reservation, one of them in the pool. */
const MACHINES = 9;
const POOL = ["10.0.0.100", "10.0.0.101", "10.0.0.102", "10.0.0.103"];
const RESERVED = ["10.0.0.7", "10.0.0.102"];
const macOf = (machine: number) => `52:54:00:00:00:0${machine}`;

type Action =
  | { readonly type: "discover"; readonly machine: number; readonly wants: number; readonly inUse: boolean[] }
  | { readonly type: "take"; readonly machine: number }
  | { readonly type: "renew"; readonly machine: number }
  | { readonly type: "reboot"; readonly machine: number; readonly wants: number; readonly inUse: boolean[] }
  | { readonly type: "release"; readonly machine: number }
  | { readonly type: "decline"; readonly machine: number }
  | { readonly type: "wait"; readonly ms: number }
  /** As many writes reach the disk; then their replies leave, and arrive or not. */
  | { readonly type: "disk"; readonly writes: number; readonly isLost: boolean }
  | { readonly type: "crash" };

const machine = fc.nat(MACHINES - 1);
const wants = fc.nat(POOL.length);
const inUse = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });
const rarely = (yes: fc.Arbitrary<boolean[]>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: yes });
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("discover"), machine, wants, inUse: rarely(inUse) }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("take"), machine }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("renew"), machine }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("reboot"), machine, wants, inUse: rarely(inUse) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("release"), machine }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("decline"), machine }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("wait"),
      ms: fc.constantFrom(1_000, 30_000, 61_000, 900_000, 3_599_999, 3_600_000),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("disk"),
      writes: fc.integer({ min: 1, max: 6 }),
      isLost: fc.nat(4).map((dice) => dice === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("crash") }) },
) as fc.Arbitrary<Action>;

interface Believed {
  readonly address: string;
  readonly untilMs: number;
}

/** A decision that waits for the disk. */
interface Sent {
  readonly decision: LeaseDecision;
  readonly machine: number;
  readonly request: DhcpPacket;
  readonly sentMs: number;
}

/** A server whose disk is slow, and machines that believe only what reaches them. */
class History {
  nowMs = START_MS;
  acks = 0;
  readonly believed = new Map<number, Believed>();
  private readonly offered = new Map<number, string>();
  private readonly disk = new Map<string, string>();
  private pending: Sent[] = [];
  /** A machine hears the reply to its last request alone: by their xid. */
  private readonly last = new Map<number, DhcpPacket>();
  private book = createLeaseBook();
  private readonly table = subnetTable(
    [subnet({ pools: [{ first: POOL[0] ?? "", last: POOL.at(-1) ?? "" }], probe: true })],
    RESERVED.map((address, each) => reservation({ macs: [macOf(each)], addresses: [address] })),
  );

  act(action: Action): void {
    switch (action.type) {
      case "discover":
        this.believed.delete(action.machine);
        this.onDiscover(action.machine, POOL[action.wants], action.inUse);
        return;
      case "take": {
        const wants = this.offered.get(action.machine);
        if (wants === undefined) return;
        this.believed.delete(action.machine);
        this.ask(action.machine, ask("REQUEST", { mac: macOf(action.machine), wants, server: SELF }), []);
        return;
      }
      case "reboot": {
        this.believed.delete(action.machine);
        const wants = POOL[action.wants] ?? "192.168.1.1";
        this.ask(action.machine, ask("REQUEST", { mac: macOf(action.machine), wants }), action.inUse);
        return;
      }
      case "renew":
        this.onRenew(action.machine);
        return;
      case "release":
        this.onEnd(action.machine, "RELEASE");
        return;
      case "decline":
        this.onEnd(action.machine, "DECLINE");
        return;
      case "wait":
        this.nowMs += action.ms;
        return;
      case "disk":
        this.onDisk(action.writes, action.isLost);
        return;
      case "crash":
        this.pending = [];
        this.book = createLeaseBook(
          [...this.disk.values()].flatMap((kept) => parseLease(JSON.parse(kept)) ?? []),
        );
        return;
    }
  }

  /** Asks, and again with the result of each probe, as the shell does. */
  private ask(machine: number, request: DhcpPacket, inUse: readonly boolean[]): LeaseDecision {
    let probed: ProbeResult | undefined;
    this.last.set(machine, request);
    for (let probes = 0; ; probes++) {
      const question = { request, self: SELF, ownAddresses: [SELF], nowMs: this.nowMs };
      const decision = decideLease(
        probed === undefined ? question : { ...question, probed },
        this.book,
        this.table,
      );
      applyLeases(this.book, decision.changes);
      expect(decision.durable).toBe(decision.changes.some(isDurable));
      this.pending.push({ decision, machine, request, sentMs: this.nowMs });
      if (decision.type !== "probe") return decision;
      // Whoever believes to have the address answers the probe, whatever the dice say.
      const isHeld = this.holders(decision.address).length > 0;
      probed = { address: decision.address, inUse: isHeld || inUse[probes] === true };
      expect(probes).toBeLessThan(10);
    }
  }

  private onDiscover(machine: number, wants: string | undefined, inUse: readonly boolean[]): void {
    const request = ask("DISCOVER", { mac: macOf(machine), ...(wants !== undefined && { wants }) });
    const decision = this.ask(machine, request, inUse);
    expect(["offer", "silent"]).toContain(decision.type);
    if (decision.type !== "offer") return;
    expect(this.holders(decision.address)).toEqual([]);
    this.expectOwn(machine, decision.address);
    this.offered.set(machine, decision.address);
  }

  private onRenew(machine: number): void {
    const has = this.current(machine);
    if (has === undefined) return;
    const decision = this.ask(machine, ask("REQUEST", { mac: macOf(machine), has: has.address }), []);
    // One with a reservation may be sent away to it; any other keeps what it has.
    const mayMove = RESERVED[machine] !== undefined && RESERVED[machine] !== has.address;
    expect(mayMove ? ["ack", "nak"] : ["ack"]).toContain(decision.type);
  }

  private onEnd(machine: number, type: "RELEASE" | "DECLINE"): void {
    const has = this.current(machine);
    if (has === undefined) return;
    this.believed.delete(machine);
    const { address } = has;
    const facts = type === "RELEASE" ? { has: address } : { wants: address };
    const decision = this.ask(machine, ask(type, { mac: macOf(machine), server: SELF, ...facts }), []);
    expect(decision.type).toBe(type === "RELEASE" ? "released" : "declined");
  }

  /** Writes in order; a reply leaves when everything of its decision is written. */
  private onDisk(writes: number, isLost: boolean): void {
    let left = writes;
    while (left > 0 && this.pending.length > 0) {
      const { decision, machine, request, sentMs } = this.pending.shift() as Sent;
      if (decision.durable) left -= 1;
      for (const change of decision.changes.filter(isDurable)) {
        if (change.type === "put")
          this.disk.set(change.lease.address, JSON.stringify(change.lease satisfies Lease));
        else this.disk.delete(change.address);
      }
      if (isLost || this.last.get(machine) !== request) continue;
      if (decision.type === "nak" && this.current(machine)?.address === decision.address) {
        this.believed.delete(machine);
      }
      if (decision.type === "ack") {
        this.acks += 1;
        this.expectOwn(machine, decision.address);
        this.believed.set(machine, {
          address: decision.address,
          untilMs: sentMs + decision.leaseSeconds * 1000,
        });
      }
    }
  }

  private current(machine: number): Believed | undefined {
    const has = this.believed.get(machine);
    return has !== undefined && has.untilMs > this.nowMs ? has : undefined;
  }

  holders(address: string): number[] {
    return [...this.believed.keys()].filter((machine) => this.current(machine)?.address === address);
  }

  private expectOwn(machine: number, address: string): void {
    const owner = RESERVED.indexOf(address);
    if (owner >= 0) expect(owner).toBe(machine);
    else expect(POOL).toContain(address);
  }
}

test("no address is leased twice, whatever machines, disk and crashes do", { timeout: 60_000 }, () => {
  let acks = 0;
  fc.assert(
    fc.property(fc.array(action, { minLength: 60, maxLength: 200, size: "max" }), (actions) => {
      const history = new History();
      for (const each of actions) {
        history.act(each);
        for (const address of [...POOL, ...RESERVED]) {
          expect(history.holders(address).length, `holders of ${address}`).toBeLessThanOrEqual(1);
        }
      }
      acks += history.acks;
    }),
    { numRuns: 250 },
  );
  // Histories in which nobody gets anything would prove nothing.
  expect(acks).toBeGreaterThan(1_000);
});
