import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BootEvent, TransferResult } from "../../../src/boot/event.ts";
import { MAX_STEPS } from "../../../src/boot/session/live-session.ts";
import {
  CHAIN,
  checkedIn,
  dhcp,
  ended,
  INITRD,
  IPXE,
  KERNEL,
  overheard,
  PI_ROM,
  SCRIPT,
  script,
  sessionTable,
  started,
  type Timed,
  UEFI,
} from "../../support/boot-events.ts";
import { BETA, GENERATION } from "../../support/worlds.ts";

const MACS = ["52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:03"] as const;

const RESULTS = [
  "complete",
  "probed",
  "aborted",
  "timed-out",
  "stale",
  "failed",
] as const satisfies TransferResult[];
const PATHS = [
  "ipxe-x64.efi",
  "autoexec.ipxe",
  "1234abcd/start4.elf",
  KERNEL,
  INITRD,
  "media/gone/x",
] as const;

function eventsOf(mac: string): fc.Arbitrary<BootEvent> {
  const size = fc.nat({ max: 400_000_000 });
  const transfer = fc.record({
    path: fc.constantFrom(...PATHS),
    sizeBytes: size,
    fromByte: fc.option(size, { nil: undefined }),
    result: fc.constantFrom(...RESULTS),
    isEnd: fc.boolean(),
  });
  return fc.oneof(
    fc.constantFrom(
      dhcp({ ...UEFI, mac }, CHAIN),
      dhcp({ ...UEFI, mac }, CHAIN, { port: 4011, reply: "ACK" }),
      dhcp({ ...UEFI, mac }, { type: "silent", reason: "unknown-host" }),
      dhcp({ ...IPXE, mac }, SCRIPT),
      dhcp({ ...IPXE, mac }, { type: "refused", host: BETA, reason: "no-generation" }),
      dhcp({ ...PI_ROM, mac }, { type: "firmware", host: BETA, generation: GENERATION, boot: "native" }),
      script(SCRIPT, { client: { ...IPXE, mac }, bootId: mac }),
      script(SCRIPT, { client: { ...IPXE, mac }, attempt: 2 }),
      script(SCRIPT, { client: { mac, stage: "kexec" }, via: "kexec" }),
      script({ type: "stranger", policy: "hold" }, { client: { ...IPXE, mac } }),
      overheard({ mac }),
      overheard({ mac, client: { ...UEFI, mac }, request: "REQUEST", address: "10.0.0.9" }),
      checkedIn({ mac, bootId: mac }),
    ),
    transfer.map(({ path, sizeBytes, fromByte, result, isEnd }) => {
      const more = {
        mac,
        ...(fromByte === undefined ? {} : { fromByte }),
        ...(path.startsWith("1234") ? { piPart: "first" as const } : {}),
      };
      return isEnd ? ended(path, sizeBytes, more, result) : started(path, sizeBytes, more);
    }),
  );
}

const after = fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: 300_000 }));
const history = fc.array(fc.oneof(...MACS.map((mac) => fc.tuple(after, eventsOf(mac)))), {
  maxLength: 150,
}) as fc.Arbitrary<Timed[]>;

describe("whatever happens, in whatever order", () => {
  test("no event throws, and a session stays within bounds and in order", () => {
    fc.assert(
      fc.property(history, (timed) => {
        const table = sessionTable();
        for (const each of timed) {
          table.take(each);
          for (const { session } of table.live.values()) {
            expect(session.steps.length).toBeLessThanOrEqual(MAX_STEPS + 1);
            expect(session.lastMs).toBeGreaterThanOrEqual(session.startMs);
            for (const { startMs, endMs = startMs } of session.steps) {
              expect(endMs).toBeGreaterThanOrEqual(startMs);
              expect(startMs).toBeGreaterThanOrEqual(session.startMs);
            }
          }
        }
        table.tick(100_000_000);
        table.tick(100_000_000);
        expect(table.live.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("one machine's events change no other machine's session", () => {
    fc.assert(
      fc.property(history, (timed) => {
        const together = sessionTable();
        together.take(...timed);
        for (const mac of MACS) {
          let waitedMs = 0;
          const alone = sessionTable();
          for (const [afterMs, event] of timed) {
            waitedMs += afterMs;
            const whose =
              "client" in event && event.client !== undefined
                ? event.client.mac
                : "mac" in event
                  ? event.mac
                  : "";
            if (whose !== mac) continue;
            alone.take([waitedMs, event]);
            waitedMs = 0;
          }
          const shown = (table: typeof alone) =>
            table.told
              .filter(({ session }) => session.mac === mac)
              .map(({ change, session: { id: _id, ...session } }) => ({ change, session }));
          expect(shown(together)).toEqual(shown(alone));
        }
      }),
      { numRuns: 100 },
    );
  });

  test("the same events give the same sessions again", () => {
    fc.assert(
      fc.property(history, (timed) => {
        const [first, second] = [sessionTable(), sessionTable()];
        first.take(...timed);
        second.take(...structuredClone(timed));
        expect(second.told).toEqual(first.told);
        expect([...second.live]).toEqual([...first.live]);
      }),
      { numRuns: 100 },
    );
  });

  test("a session that is told has begun before, and every one that was under way ends", () => {
    fc.assert(
      fc.property(history, (timed) => {
        const table = sessionTable();
        table.take(...timed);
        table.tick(100_000_000);
        const begun = new Set<string>();
        const last = new Map<string, string>();
        for (const { change, session } of table.told) {
          if (change === "began") begun.add(session.id);
          expect(begun.has(session.id)).toBe(true);
          last.set(session.id, session.outcome);
        }
        expect([...last.values()]).not.toContain("under-way");
      }),
      { numRuns: 200 },
    );
  });
});
