import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Ladder,
  type LadderEffect,
  type LadderEvent,
  offeredNow,
  planOf,
  startLadder,
  step,
} from "../../../src/boot/ladder/ladder.ts";
import { type OfferKind, type OfferVariant, variantsOf } from "../../../src/boot/ladder/offer-variant.ts";

const KINDS: readonly OfferKind[] = ["rom", "uefi", "http-boot", "ipxe"];

interface Played {
  readonly ladder: Ladder;
  /** The form of each DISCOVER's answer. */
  readonly offers: readonly OfferVariant[];
  readonly effects: readonly LadderEffect[];
}

/** Feeds events, each so many milliseconds after the one before. */
function play(
  kind: OfferKind,
  events: readonly (readonly [afterMs: number, event: LadderEvent])[],
  from: Ladder = startLadder(kind),
  startMs = 0,
): Played {
  let nowMs = startMs;
  let ladder = from;
  const offers: OfferVariant[] = [];
  const effects: LadderEffect[] = [];
  for (const [afterMs, event] of events) {
    nowMs += afterMs;
    const [next, told] = step(kind, ladder, event, nowMs);
    ladder = next;
    effects.push(...told);
    if (event.type === "discover") offers.push(offeredNow(ladder));
  }
  return { ladder, offers, effects };
}

const discover = (secs: number): LadderEvent => ({ type: "discover", secs });
const WENT_ON: LadderEvent = { type: "went-on" };
const ASKED_4011: LadderEvent = { type: "asked-4011", hasItem: false };
const ADDRESS: LadderEvent = { type: "address-taken" };

/** What EDK2 sends while nobody gives it an address; then a minute until it is switched on again. */
const IN_VAIN = [
  [60_000, discover(0)],
  [4_000, discover(4)],
  [8_000, discover(12)],
  [16_000, discover(28)],
] as const satisfies [number, LadderEvent][];

const BOOTS = [
  [60_000, discover(0)],
  [4_000, ADDRESS],
  [10, ASKED_4011],
  [10, WENT_ON],
] as const satisfies [number, LadderEvent][];

describe("an attempt in vain", () => {
  test("is offered the head twice and then another one, each attempt the next", () => {
    const { offers } = play("uefi", [...IN_VAIN, ...IN_VAIN, ...IN_VAIN]);
    expect(offers).toEqual([
      ...["plain", "plain", "direct", "direct"],
      ...["plain", "plain", "menu", "menu"],
      ...["plain", "plain", "url", "url"],
    ]);
  });

  test("lets each of the others be first when all were second, the head second then", () => {
    const round = [...IN_VAIN, ...IN_VAIN, ...IN_VAIN];
    const { offers } = play("rom", [...round, ...round, ...IN_VAIN]);
    expect(offers.slice(12)).toEqual([
      ...["menu", "menu", "direct", "direct"],
      ...["plain", "plain", "direct", "direct"],
      ...["url", "url", "direct", "direct"],
      ...["direct", "direct", "menu", "menu"],
    ]);
  });

  test("moves on within itself when firmware asks for ever", () => {
    const forever = Array.from({ length: 9 }, (_, i) => [5_000, discover(5 * i)] as const);
    expect(play("uefi", forever).offers.join(" ")).toBe("plain plain direct direct menu menu url url plain");
  });

  test("counts repeats within two seconds once: two interfaces, or a relay beside the broadcast", () => {
    const doubled = IN_VAIN.flatMap(([afterMs, event]) => [
      [afterMs, event] as const,
      [1_900, event] as const,
    ]);
    const { offers } = play("uefi", doubled.slice(0, 6));
    expect(offers).toEqual(["plain", "plain", "plain", "plain", "direct", "direct"]);
  });

  test("of iPXE's own intervals moves nobody within eight seconds", () => {
    const ipxe = [0, 1, 3, 7].map((secs, i) => [[0, 1_000, 2_000, 4_000][i] ?? 0, discover(secs)] as const);
    expect(play("rom", ipxe).offers).toEqual(["direct", "direct", "direct", "direct"]);
  });

  test("ends with silence, or when the client counts its seconds anew", () => {
    for (const [afterMs, secs] of [
      [32_000, 40],
      [10_000, 0],
    ] as const) {
      const { ladder } = play("uefi", [...IN_VAIN, [afterMs, discover(secs)]]);
      expect(ladder.strikes).toBe(1);
    }
  });

  test("is not counted when it asked but once: somebody may have switched it off", () => {
    const once = [60_000, discover(0)] as const;
    expect(play("uefi", [once, once, once, once, once]).ladder.strikes).toBe(0);
  });

  test("is not counted when somebody fetched a program whose address tells nobody", () => {
    const [first, ...rest] = IN_VAIN;
    const doubtful = play("uefi", [...IN_VAIN, [60_000, { type: "discover", secs: 0, doubtMs: 70_000 }]]);
    expect(doubtful.ladder.strikes).toBe(0);
    const before = play("uefi", [first, ...rest, [60_000, { type: "discover", secs: 0, doubtMs: 59_000 }]]);
    expect(before.ladder.strikes).toBe(1);
  });
});

describe("an address without a visit to us", () => {
  const E53 = [
    [60_000, discover(0)],
    [4_000, ADDRESS],
  ] as const;

  test("moves the head after two attempts in a row, and says so", () => {
    const { offers, effects } = play("rom", [...E53, ...E53, ...E53]);
    expect(offers).toEqual(["direct", "direct", "menu"]);
    expect(effects).toEqual([{ type: "moved", from: "direct", to: "menu", times: 2, why: "address" }]);
  });

  test("moves a proven head too, and what is kept with it", () => {
    const { offers, effects } = play("rom", [...E53, ...E53, ...E53], startLadder("rom", "menu"));
    expect(offers).toEqual(["menu", "menu", "plain"]);
    expect(effects.map(({ type }) => type)).toEqual(["moved", "learnt"]);
  });

  test("counts likewise when port 4011 was asked and nothing fetched", () => {
    const asked = [...E53, [10, ASKED_4011]] as const;
    const { effects } = play("uefi", [...asked, ...asked, ...asked]);
    expect(effects).toEqual([{ type: "moved", from: "plain", to: "direct", times: 2, why: "4011" }]);
  });

  test("begins with the first form again after the last", () => {
    const { offers } = play(
      "uefi",
      Array.from({ length: 18 }, (_, i) => E53[i % 2] ?? E53[0]),
    );
    expect([...new Set(offers)]).toEqual(["plain", "direct", "menu", "url"]);
    expect(offers.at(-1)).toBe("plain");
  });
});

describe("what went on", () => {
  test("proves the head", () => {
    const { ladder, effects } = play("uefi", BOOTS);
    expect(ladder).toMatchObject({ head: "plain", isProven: true, strikes: 0 });
    expect(effects).toEqual([{ type: "learnt" }]);
    expect(play("uefi", [...BOOTS, ...BOOTS], ladder).effects).toEqual([]);
  });

  test("after another form makes that one a candidate, and the head when it does so again", () => {
    const works = [...IN_VAIN.slice(0, 3), [4_000, ADDRESS], [10, WENT_ON]] as const;
    const once = play("uefi", works);
    expect(once.ladder).toMatchObject({ head: "plain", isProven: false, candidate: "direct" });
    const twice = play("uefi", works, once.ladder, 1e6);
    expect(twice.ladder).toMatchObject({ head: "direct", isProven: false });
    expect(play("uefi", BOOTS, twice.ladder, 2e6).ladder).toMatchObject({ head: "direct", isProven: true });
  });

  test("with the head alone after all forgets the candidate: the DHCP server had been slow", () => {
    const slow = play("uefi", [...IN_VAIN.slice(0, 3), [4_000, ADDRESS], [10, WENT_ON]]);
    expect(play("uefi", BOOTS, slow.ladder, 1e6).ladder).not.toHaveProperty("candidate");
  });

  test.each([
    ["uefi", ASKED_4011, "plain"], // Only an offer without option 43 makes EDK2 ask there.
    ["uefi", WENT_ON, "direct"],
    ["rom", WENT_ON, "direct"], // It did not ask for the menu's entry.
    ["rom", { type: "asked-4011", hasItem: true }, "menu"],
  ] as const)("tells by its way which of two offers %s took (%o)", (kind, sign, credited) => {
    const { ladder } = play(kind, [...IN_VAIN.slice(0, 3), [4_000, ADDRESS], [10, sign], [10, WENT_ON]]);
    expect(ladder.candidate ?? ladder.head).toBe(credited);
  });
});

/** Any packet of any client, at any time, lies and repeats included. */
const anyEvent: fc.Arbitrary<LadderEvent> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("discover" as const), secs: fc.nat(70) }) },
  fc.constantFrom<LadderEvent>(ADDRESS, ASKED_4011, { type: "asked-4011", hasItem: true }, WENT_ON),
);
const anyGap = fc.oneof(fc.nat(3_000), fc.nat(40_000), fc.nat(3_600_000));
const anyEvents = fc.array(fc.tuple(anyGap, anyEvent), { maxLength: 60 });
const anyKind = fc.constantFrom(...KINDS);

describe("in any history", () => {
  test("what is offered is a form of its kind, and every plan begins with the head or has it second", () => {
    fc.assert(
      fc.property(anyKind, anyEvents, (kind, events) => {
        const { ladder, offers } = play(kind, events);
        for (const offer of offers) expect(variantsOf(kind)).toContain(offer);
        const plan = planOf(kind, ladder);
        expect(plan.slice(0, 2)).toContain(ladder.head);
        expect(new Set(plan).size).toBe(plan.length);
      }),
    );
  });

  test("a client that works at the first form is never offered another one, whatever the delays and repeats", () => {
    const secs = fc.nat(10);
    const boot = fc.tuple(
      fc.integer({ min: 40_000, max: 1e7 }),
      secs,
      fc.nat(1_900),
      fc.nat(7_000),
      fc.boolean(),
    );
    fc.assert(
      fc.property(
        fc.constantFrom("rom" as const, "uefi" as const),
        fc.array(boot, { maxLength: 20 }),
        (kind, boots) => {
          const events = boots.flatMap(([pause, at, echo, retry, asks]) => [
            [pause, discover(at)] as const,
            [echo, discover(at)] as const, // the same packet by another way
            [retry, discover(at + 4)] as const, // a packet was lost, or the DHCP server looks for conflicts
            [100, ADDRESS] as const,
            ...(asks ? [[10, ASKED_4011] as const] : []),
            [10, WENT_ON] as const,
          ]);
          const { offers, effects } = play(kind, events);
          expect(new Set(offers)).toEqual(new Set(boots.length === 0 ? [] : [variantsOf(kind)[0]]));
          expect(effects.filter(({ type }) => type === "moved")).toEqual([]);
        },
      ),
    );
  });

  test("a proven head begins every attempt with two offers, however long the DHCP server is away", () => {
    fc.assert(
      fc.property(fc.constantFrom("rom" as const, "uefi" as const), fc.nat(60), (kind, attempts) => {
        for (const head of variantsOf(kind)) {
          const all = Array.from({ length: attempts }, () => IN_VAIN).flat();
          const { offers, ladder } = play(kind, all, startLadder(kind, head));
          expect(ladder.head).toBe(head);
          const firsts = offers.filter((_, index) => index % 4 < 2);
          expect(new Set(firsts)).toEqual(new Set(attempts === 0 ? [] : [head]));
        }
      }),
    );
  });

  test("a client that never goes on is offered every form within six attempts, each first once", () => {
    for (const kind of KINDS) {
      const { offers } = play(kind, Array.from({ length: 6 }, () => IN_VAIN).flat());
      expect(new Set(offers)).toEqual(new Set(variantsOf(kind)));
      expect(new Set(offers.filter((_, index) => index % 4 === 0))).toEqual(new Set(variantsOf(kind)));
    }
  });
});
