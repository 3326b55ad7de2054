import { expect, test } from "vitest";
import { promoteDeed, rollbackDeed, whileAsShown } from "../../dashboard/src/state/rollout-deeds.ts";
import { rolloutPanels, trialText, waitText, worthTelling } from "../../dashboard/src/state/rollout-state.ts";
import { type RolloutView, rollout } from "../../src/web/schema/rollouts.ts";

const AT = "2026-01-01T00:00:00.000Z";

function view(host: string, changes: Partial<RolloutView> = {}): RolloutView {
  return rollout.parse({
    ...{
      host,
      strategy: "all",
      settled: ["old"],
      isProven: true,
      bad: [],
      held: (changes.heldBy ?? []).length > 0,
      heldBy: [],
      trials: [],
      once: [],
    },
    gives: "old",
    ...changes,
  });
}

type Trial = RolloutView["trials"][number];

function trial(mac: string, state: Trial["state"], changes: Partial<Trial> = {}): Trial {
  return { mac, generation: "new", place: "canary", state, strikes: 0, since: AT, ...changes };
}

const CANARY: Partial<RolloutView> = {
  group: "nodes",
  strategy: "canary",
  canaries: 2,
  candidate: "new",
  waitsFor: "canary",
};

test("where nothing is new and nothing held there is no rollout to show", () => {
  expect(rolloutPanels([view("alpha"), view("beta", { pin: "old" })])).toEqual([]);
});

test("a group is one rollout: who has tried it, who waits", () => {
  const [panel, ...others] = rolloutPanels([
    view("alpha", { ...CANARY, trials: [trial("a", "good")] }),
    view("beta", { ...CANARY, trials: [trial("b", "handed-over")] }),
    view("gamma", CANARY),
    view("delta"),
  ]);
  expect(others).toEqual([]);
  expect(panel).toMatchObject({
    whom: { name: "nodes", hosts: ["alpha", "beta", "gamma"] },
    candidates: ["new"],
    canaries: { wanted: 2, good: 1 },
    waiting: ["gamma"],
  });
  expect(panel && waitText(panel)).toBe("1 of 2 canaries are up. It waits for beta to be up.");
});

test("places that are free are for the machines that boot next", () => {
  const [none] = rolloutPanels([view("alpha", CANARY)]);
  expect(none && waitText(none)).toBe("0 of 2 canaries are up. It waits for the next 2 machines that boot.");
  const [one] = rolloutPanels([
    view("alpha", { ...CANARY, trials: [trial("a", "given")] }),
    view("beta", CANARY),
  ]);
  expect(one && waitText(one)).toBe(
    "0 of 2 canaries are up. It waits for alpha to be up, and for the next machine that boots.",
  );
});

test("who has it only once, or another one, is none of those who try it", () => {
  const trials = [trial("a", "given", { place: "once" }), trial("b", "given", { generation: "older" })];
  const [panel] = rolloutPanels([view("alpha", { ...CANARY, trials })]);
  expect(panel?.trials).toEqual([]);
});

test.each([
  ["held", "Held"],
  ["window", "its hours"],
  ["manual", "promote"],
  ["unkept", "state folder"],
] as const)("what waits for %s says so", (waitsFor, word) => {
  const [panel] = rolloutPanels([view("alpha", { candidate: "new", waitsFor })]);
  expect(panel && waitText(panel)).toContain(word);
});

test("what is held without anything new is shown too", () => {
  const [panel] = rolloutPanels([view("alpha", { heldBy: ["host"] })]);
  expect(panel).toMatchObject({ isHeld: true, candidates: [] });
  expect(panel && waitText(panel)).toContain("published next");
});

test("one host that is held does not hold its group, and is named in it", () => {
  const [panel] = rolloutPanels([
    view("alpha", { ...CANARY, heldBy: ["host"], waitsFor: "held" }),
    view("beta", CANARY),
  ]);
  expect(panel).toMatchObject({ isHeld: false, heldHosts: ["alpha"], waitsFor: "canary" });
  const [quiet] = rolloutPanels([view("alpha", { group: "nodes", heldBy: ["host"] })]);
  expect(quiet).toMatchObject({ isHeld: false, heldHosts: ["alpha"], candidates: [] });
  expect(quiet && waitText(quiet)).toBe("Nothing new waits.");
  const [held] = rolloutPanels([
    view("alpha", { ...CANARY, heldBy: ["group"], waitsFor: "held" }),
    view("beta", { ...CANARY, heldBy: ["host", "group"], waitsFor: "held" }),
  ]);
  expect(held).toMatchObject({ isHeld: true, heldHosts: ["beta"], waitsFor: "held" });
});

test("of hosts alone only those are worth telling that wait for somebody", () => {
  const panels = rolloutPanels([
    view("alpha", { candidate: "new", gives: "new" }),
    view("beta", { candidate: "new", waitsFor: "manual" }),
  ]);
  expect(worthTelling(panels).map(({ whom }) => whom.name)).toEqual(["beta"]);
});

test("a machine that began anew says how often", () => {
  const [panel] = rolloutPanels([view("alpha", { ...CANARY, trials: [trial("a", "back", { strikes: 2 })] })]);
  expect(panel?.trials.map(trialText)).toEqual(["began anew before it was up (2 times)"]);
});

test("what was published since the page was drawn is not rolled out, or left, by words about another one", () => {
  const shown = [view("alpha", CANARY), view("beta", { ...CANARY, settled: ["older", "old"] })];
  const deeds = [promoteDeed({ name: "nodes" }, "new"), rollbackDeed({ name: "nodes" })];
  for (const deed of deeds.map((each) => whileAsShown(each, shown))) {
    const isDone = (...rollouts: readonly RolloutView[]) => deed.isAsShown?.({ rollouts });
    const [alpha, beta] = shown as [RolloutView, RolloutView];
    expect(isDone(alpha, beta)).toBe(true);
    expect(isDone({ ...alpha, candidate: "newer", newest: "newer" }, beta)).toBe(false);
    expect(isDone(alpha, { ...beta, pin: "old" })).toBe(false);
    expect(isDone(alpha, { ...beta, bad: [{ generation: "new", reason: "rolled back", at: AT }] })).toBe(
      false,
    );
    expect(isDone(alpha)).toBe(false);
    // A machine that gets on with its boot outruns nobody.
    expect(isDone({ ...alpha, trials: [trial("a", "good")], gives: "new" }, beta)).toBe(true);
  }
});
