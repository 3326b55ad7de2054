import { describe, expect, test } from "vitest";
import type { RolloutPolicy } from "../../../src/boot/rollout/policy.ts";
import { seenEvents } from "../../../src/boot/rollout/seen-events.ts";
import {
  checkedIn,
  ended,
  KERNEL,
  OVMF_BOOT,
  overheard,
  script,
  sessionTable,
  started,
  type Timed,
} from "../../support/boot-events.ts";
import { createFleet, type Fleet, MINUTE } from "../../support/rollouts.ts";
import { BETA_MAC, GENERATION } from "../../support/worlds.ts";

/** A fleet to which what a server records is told as it tells it, with a new generation to be tried. */
function watched(policy: Partial<RolloutPolicy> = {}): { fleet: Fleet; play(timed: readonly Timed[]): void } {
  const fleet = createFleet([{ name: "beta" }], policy);
  fleet.publish("beta", "old");
  fleet.ask("beta", BETA_MAC);
  fleet.checksIn("beta", BETA_MAC, "old");
  fleet.publish("beta", GENERATION.id);
  const table = sessionTable();
  fleet.nowMs = table.now();
  return {
    fleet,
    play(timed) {
      for (const each of timed) {
        const before = table.told.length;
        table.take(each);
        fleet.nowMs = table.now();
        // The rollouts hear of it before the sessions do, and what those make of it after that.
        for (const event of [each[1], ...table.told.slice(before)])
          for (const seen of seenEvents(event, fleet.snapshot())) fleet.feed(seen);
      }
    },
  };
}

const changes = ({ news }: Fleet) =>
  news.filter(({ generation }) => generation === GENERATION.id).map(({ change }) => change);
const TO_SCRIPT = OVMF_BOOT.slice(0, 13);
const DISK: Timed = [40_000, overheard()];
const again = (attempt: number): Timed => [5000, script(undefined, { attempt })];
const KERNEL_BREAKS_OFF: readonly Timed[] = [
  [10, started(KERNEL, 12_400_000)],
  [9000, ended(KERNEL, 12_400_000, {}, "aborted", 500)],
];

const NOTHING_SHOWN: Readonly<Record<string, readonly Timed[]>> = {
  "whose kernel did not arrive and that fell back to its disk": [
    ...TO_SCRIPT,
    ...[2, 3].flatMap((attempt) => [...KERNEL_BREAKS_OFF, again(attempt)]),
    ...KERNEL_BREAKS_OFF,
    DISK,
  ],
  "that fetched nothing in three attempts and fell back to its disk": [
    ...TO_SCRIPT,
    again(2),
    again(3),
    DISK,
  ],
  "that fetched nothing here, and from which a system is heard": [...TO_SCRIPT, DISK],
  "whose script is the first that is seen of it, and from which nothing more is heard": [[0, script()]],
  "whose script is the first that is seen of it, and that fetched nothing here": [[0, script()], DISK],
};

describe.each(Object.entries(NOTHING_SHOWN))(
  "a machine %s says nothing about the generation",
  (_name, boot) => {
    test("where it is to check in", () => {
      const { fleet, play } = watched({ checkIn: true, tries: 1 });
      play(boot);
      fleet.later(20 * MINUTE);
      expect(changes(fleet)).toEqual([]);
    });

    test("where it need not", () => {
      const { fleet, play } = watched({ checkIn: false, tries: 1 });
      play(boot);
      fleet.later(20 * MINUTE);
      expect(changes(fleet)).toEqual([]);
    });
  },
);

describe("what a machine boots is good", () => {
  test("where it fetched all of it here and stays away", () => {
    const { fleet, play } = watched({ checkIn: false });
    play([...OVMF_BOOT, DISK]);
    fleet.later(20 * MINUTE);
    expect(changes(fleet)).toEqual(["settled"]);
  });

  test("where all of it came from a cache between and it checks in", () => {
    const { fleet, play } = watched({ checkIn: true });
    play([...TO_SCRIPT, DISK, [20_000, checkedIn()]]);
    expect(changes(fleet)).toEqual(["settled"]);
  });
});

test("a machine that has all of it here and does not check in speaks against it", () => {
  const { fleet, play } = watched({ checkIn: true });
  play([...OVMF_BOOT, DISK]);
  fleet.later(20 * MINUTE);
  expect(changes(fleet)).toEqual(["marked-bad"]);
});
