import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ProgramEffect,
  type ProgramEvent,
  type ProgramTrial,
  programStep,
  startProgramTrial,
} from "../../../src/boot/ladder/program-trial.ts";

const FIRMWARE = "ipxe-x64.efi";
const NATIVE = "ipxe-x64-native.efi";

interface Played {
  readonly trial: ProgramTrial;
  readonly given: readonly string[];
  readonly effects: readonly ProgramEffect[];
}

/** Boots in a row; each tells whether the program that it was given starts. */
function play(
  starts: (name: string) => boolean,
  boots: number,
  { from = startProgramTrial(), isChosen = false, hasOther = true } = {},
): Played {
  let trial = from;
  const given: string[] = [];
  const effects: ProgramEffect[] = [];
  const feed = (event: ProgramEvent) => {
    const [next, told] = programStep(trial, event);
    trial = next;
    effects.push(...told);
  };
  for (let boot = 0; boot < boots; boot += 1) {
    feed({ type: "firmware-asks" });
    const name = isChosen || !hasOther ? FIRMWARE : (trial.name ?? FIRMWARE);
    const other = name === FIRMWARE ? NATIVE : FIRMWARE;
    feed({ type: "given", program: { name, isChosen, ...(hasOther ? { other } : {}) } });
    given.push(name);
    feed({ type: "fetched", name });
    if (starts(name)) feed({ type: "runs" });
  }
  return { trial, given, effects };
}

describe("a boot program that was fetched whole and never heard of again (I12)", () => {
  test("has another chance, then the one with the other driver has its turn, and keeps it when it works", () => {
    const { given, effects, trial } = play((name) => name === NATIVE, 5);
    expect(given).toEqual([FIRMWARE, FIRMWARE, NATIVE, NATIVE, NATIVE]);
    expect(effects).toEqual([
      { type: "program-moved", from: FIRMWARE, to: NATIVE, deaths: 2 },
      { type: "learnt" },
    ]);
    expect(trial).toMatchObject({ name: NATIVE, hasWorked: true });
  });

  test("alternates with the other one while neither works", () => {
    const { given } = play(() => false, 9);
    expect(given.map((name) => name === NATIVE)).toEqual([
      ...[false, false, true, true],
      ...[false, false, true, true],
      false,
    ]);
  });

  test("gives way even if it worked before: what is kept is forgotten", () => {
    const { given, effects } = play(() => false, 3, { from: startProgramTrial(NATIVE) });
    expect(given).toEqual([NATIVE, NATIVE, FIRMWARE]);
    expect(effects.map(({ type }) => type)).toEqual(["program-moved", "learnt"]);
  });

  test("is not replaced where the operator chose it, which is said once", () => {
    const { given, effects } = play(() => false, 6, { isChosen: true });
    expect(new Set(given)).toEqual(new Set([FIRMWARE]));
    expect(effects).toEqual([
      { type: "program-dies", program: { name: FIRMWARE, isChosen: true, other: NATIVE }, deaths: 2 },
    ]);
  });

  test("is not replaced where there is nothing else, which is said once", () => {
    const { effects } = play(() => false, 6, { hasOther: false });
    expect(effects).toEqual([
      { type: "program-dies", program: { name: FIRMWARE, isChosen: false }, deaths: 2 },
    ]);
  });
});

test("one that starts every second time is never replaced", () => {
  let boot = 0;
  const { given } = play(() => boot++ % 2 === 1, 10);
  expect(new Set(given)).toEqual(new Set([FIRMWARE]));
});

test("a file that is not the one it was told to fetch is no program of ours to judge", () => {
  let trial = startProgramTrial();
  for (const event of [
    { type: "given", program: { name: FIRMWARE, isChosen: false, other: NATIVE } },
    { type: "fetched", name: "grubx64.efi" },
    { type: "firmware-asks" },
  ] as const) {
    trial = programStep(trial, event)[0];
  }
  expect(trial.deaths).toBe(0);
});

test("in any history what is given is one of the two, and one that always starts is never replaced", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 30 }), fc.boolean(), (luck, always) => {
      let boot = 0;
      const { given, effects } = play(() => always || luck[boot++] === true, 30);
      for (const name of given) expect([FIRMWARE, NATIVE]).toContain(name);
      if (always) expect(effects).toEqual([]);
    }),
  );
});
