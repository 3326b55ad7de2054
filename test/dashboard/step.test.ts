import fc from "fast-check";
import { expect, test } from "vitest";
import { hostRows } from "../../dashboard/src/state/host-state.ts";
import { EMPTY, type State } from "../../dashboard/src/state/state.ts";
import {
  asked,
  clockHeard,
  loaded,
  notAnswered,
  refreshed,
  resumed,
  step,
} from "../../dashboard/src/state/step.ts";
import type { PublicEvent } from "../../src/web/schema/events.ts";
import type { SessionView, StepView } from "../../src/web/schema/sessions.ts";
import {
  AT,
  diagnosed,
  fetching,
  host,
  later,
  loadedState,
  progress,
  published,
  STATUS,
  session,
  told,
} from "../support/dashboard-events.ts";

const INITRD = "media/g1/initrd";

test("a boot that begins is under way, and its host's last boot", () => {
  const state = step(loadedState(), [told(session(), "began")]);
  expect(state.underWay.get("52:54:00:00:00:01")).toBe("0mwr00001-aaaaaa");
  expect(state.hosts?.get("beta")?.lastBoot).toMatchObject({ id: "0mwr00001-aaaaaa", outcome: "under-way" });
  expect(state.hosts?.get("gamma")?.lastBoot).toBeUndefined();
});

test("a boot that has ended is not under way any more, and what it said stays with its host", () => {
  const checkIn = {
    at: AT,
    kernel: "6.12.9",
    failedUnits: ["a.service"],
    missingMounts: [],
    missingFiles: ["/key"],
  };
  const up = session({ outcome: "checked-in", generation: "g1", fetchedAfterMs: 9000, checkIn });
  const state = step(loadedState(), [told(session(), "began"), told(up, "ended")]);
  expect(state.underWay.size).toBe(0);
  expect(state.hosts?.get("beta")?.lastBoot).toEqual({
    ...{ id: up.id, mac: up.mac, outcome: "checked-in", start: AT, last: AT, fetchedAfterMs: 9000 },
    ...{ generation: "g1", kernel: "6.12.9", missing: ["a.service", "/key"] },
  });
});

test("which NixOS runs the host says itself, else what it was given tells as long as that is known", () => {
  const [given, other] = ["g1", "g2"];
  const before = refreshed(loadedState(), [host("beta", { generation: { id: given, nixos: "26.05.1" } })]);
  const nixosAfter = (state: State, more: Parameters<typeof session>[0]) => {
    const next = step(state, [told(session({ outcome: "checked-in", ...more }), "ended")]);
    return { next, nixos: next.hosts?.get("beta")?.lastBoot?.nixos };
  };
  const { next, nixos } = nixosAfter(before, { generation: given });
  expect(nixos).toBe("26.05.1");
  const published = refreshed(next, [
    { ...host("beta"), generation: { id: other }, lastBoot: next.hosts?.get("beta")?.lastBoot },
  ]);
  expect(nixosAfter(published, { generation: given }).nixos).toBe("26.05.1");
  expect(nixosAfter(published, { generation: other }).nixos).toBeUndefined();
  const checkIn = { at: AT, nixos: "26.05.2", failedUnits: [], missingMounts: [], missingFiles: [] };
  expect(nixosAfter(published, { generation: other, checkIn }).nixos).toBe("26.05.2");
});

test("a late report of an older boot does not hide the one that began since", () => {
  const older = session({ id: "0mwr00000-aaaaaa", outcome: "checked-in" });
  const state = step(loadedState(), [told(session(), "began"), told(older, "ended")]);
  expect(state.hosts?.get("beta")?.lastBoot?.outcome).toBe("under-way");
  expect(state.underWay.get("52:54:00:00:00:01")).toBe("0mwr00001-aaaaaa");
});

test("bytes count for the file that is being fetched, and give a rate from the second time on", () => {
  const boot = session({ steps: [fetching(INITRD)] });
  const once = step(loadedState(), [told(boot), progress(100, 500)]);
  expect(once.boots.get(boot.id)).toMatchObject({ step: { sentBytes: 100 } });
  expect(once.boots.get(boot.id)?.bytesPerSecond).toBeUndefined();
  const twice = step(once, [progress(300, 1000)]);
  expect(twice.boots.get(boot.id)).toMatchObject({ step: { sentBytes: 300 }, bytesPerSecond: 400 });
});

test("bytes of another file, or of a machine that does not boot, change no boot", () => {
  const state = step(loadedState(), [told(session({ steps: [fetching("media/g1/bzImage")] }))]);
  const after = step(state, [progress(100, 500), progress(1, 500, { mac: "52:54:00:00:00:99" })]);
  expect(after.boots).toEqual(state.boots);
});

test("of a file that is fetched in parts, those before count too", () => {
  const boot = session({ steps: [fetching(INITRD, { sizeBytes: 5000, files: 2 })] });
  const state = step(loadedState(), [told(boot), progress(100, 500, { sizeBytes: 1000 })]);
  expect(state.boots.get(boot.id)?.step?.sentBytes).toBe(4100);
});

test("a boot that is told anew while it fetches keeps what was counted, and one that went on does not", () => {
  const boot = session({ steps: [fetching(INITRD)] });
  const counted = step(loadedState(), [told(boot), progress(100, 500), progress(300, 1000)]);
  const same = step(counted, [told(boot)]);
  expect(same.boots.get(boot.id)).toMatchObject({ step: { sentBytes: 300 }, bytesPerSecond: 400 });
  const on = step(counted, [told(session({ steps: [fetching(INITRD, { end: later(2000) })] }))]);
  expect(on.boots.get(boot.id)?.bytesPerSecond).toBeUndefined();
});

test("what is wrong with a boot is told of it and of its host, as long as it is the last one", () => {
  const failed = session({ outcome: "failed" });
  const state = step(loadedState(), [told(failed, "ended"), diagnosed(failed.id, "beta")]);
  expect(state.hosts?.get("beta")?.lastBoot?.diagnosis).toEqual({ code: "program-died", what: "it died" });
  expect(state.boots.get(failed.id)?.diagnosis?.code).toBe("program-died");
  const next = step(state, [
    told(session({ id: "0mwr00002-aaaaaa" }), "began"),
    diagnosed(failed.id, "beta"),
  ]);
  expect(next.hosts?.get("beta")?.lastBoot?.diagnosis).toBeUndefined();
});

test("what kept a boot where it stood is over when it has come on, and stays while it has not", () => {
  const at = (stage: StepView["stage"], outcome: SessionView["outcome"] = "under-way") =>
    told(session({ outcome, steps: [{ stage, start: AT }] }));
  const stuck = step(loadedState(), [at("script"), diagnosed(session().id, "beta")]);
  const codes = (state: State) => [
    state.hosts?.get("beta")?.lastBoot?.diagnosis?.code,
    state.boots.get(session().id)?.diagnosis?.code,
  ];
  for (const same of [at("script"), at("script", "failed")])
    expect(codes(step(stuck, [same]))).toEqual(["program-died", "program-died"]);
  for (const further of [at("kernel"), at("script", "handed-over")])
    expect(codes(step(stuck, [further]))).toEqual([undefined, undefined]);
  const again = step(stuck, [at("kernel"), at("script"), diagnosed(session().id, "beta")]);
  expect(codes(again)).toEqual(["program-died", "program-died"]);
});

test("who opens the page after a boot got stuck sees why, until that boot comes on", () => {
  const { steps: _steps, ...row } = session();
  const diagnosis = { code: "kernel-not-fetched", what: "it asks for no kernel" };
  const { id, mac } = row;
  const lastBoot = { ...({ id, mac, outcome: "under-way", start: AT, last: AT } as const), diagnosis };
  const at = (stage: StepView["stage"], more: Partial<SessionView> = {}) =>
    told(session({ steps: [{ stage, start: AT }], last: later(1000), ...more }));
  const script = { stage: "script", start: AT } as const;
  const opened = loaded(EMPTY, {
    ...{ status: STATUS, hosts: [host("beta", { lastBoot })] },
    boots: [{ ...row, step: script }],
  });
  const seen = (state: State) =>
    hostRows(state).map(({ kind, boot, about }) => [kind, boot?.diagnosis?.code, about]);
  const stuck = [["attention", diagnosis.code, diagnosis.what]];
  expect(seen(opened)).toEqual(stuck);
  const same = step(opened, [at("script")]);
  expect(seen(same)).toEqual(stuck);
  expect(same.hosts?.get("beta")?.lastBoot).toEqual({ ...lastBoot, last: later(1000) });
  expect(seen(step(same, [at("script")]))).toEqual(stuck);
  const on = step(same, [at("kernel")]);
  expect([seen(on), on.hosts?.get("beta")?.lastBoot?.diagnosis]).toEqual([
    [["booting", undefined, undefined]],
    undefined,
  ]);
  expect(seen(step(opened, [at("kernel")]))).toEqual([["booting", undefined, undefined]]);
  const other = step(opened, [at("script", { id: "0mwr00002-aaaaaa" })]);
  expect(seen(other)).toEqual([["booting", undefined, undefined]]);
});

test("of a boot that was over when the page was opened, what was wrong with it stays until it has come on", () => {
  const { id, mac } = session();
  const diagnosis = { code: "boot-loop", what: "again and again" };
  const lastBoot = { id, mac, outcome: "failed", start: AT, last: AT, diagnosis } as const;
  const opened = refreshed(loadedState("beta"), [host("beta", { lastBoot })]);
  const of = (outcome: SessionView["outcome"]) =>
    step(opened, [told(session({ outcome }), "ended")]).hosts?.get("beta")?.lastBoot?.diagnosis;
  expect([of("failed"), of("checked-in")]).toEqual([diagnosis, undefined]);
});

test("a new image makes every host stale, a rollout the hosts that it names, until they are asked for", () => {
  expect(step(loadedState(), [published("beta")])).toMatchObject({ isAllStale: true, generationsVersion: 2 });
  const rollout = {
    type: "rollout",
    at: AT,
    level: "info",
    text: "",
    change: "pinned",
    hosts: ["beta"],
  } as const;
  const state = step(loadedState(), [{ ...rollout, hosts: ["beta"] }]);
  expect([...state.stale]).toEqual(["beta"]);
  expect(asked(state).stale.size).toBe(0);
});

test("an edited table of hosts makes all that stands on it stale", () => {
  const before = loadedState();
  const { isAllStale, machinesVersion, generationsVersion } = step(before, [
    { type: "hosts", at: AT, level: "debug", text: "", hosts: ["new"], added: ["new"], removed: [] },
  ]);
  expect([isAllStale, machinesVersion, generationsVersion]).toEqual([
    ...[true, before.machinesVersion + 1, before.generationsVersion + 1],
  ]);
});

test("it knows by how much the clock of who looks is ahead of the server's, or behind it", () => {
  const at = Date.parse(AT);
  const hello = { type: "hello", at: AT, aliveEverySeconds: 10 } as const;
  const start = loadedState();
  const ahead = clockHeard(start, hello, at + 3_600_000);
  expect([ahead.aheadMs, clockHeard(ahead, hello, at - 60_000).aheadMs]).toEqual([3_600_000, -60_000]);
  // How long it was under way is no difference.
  expect(clockHeard(start, hello, at + 900)).toBe(start);
});

test("a sign of life that came late, after a sleep, says nothing of clocks; a clock that was set forward counts", () => {
  const at = Date.parse(AT);
  const start = loadedState();
  expect(clockHeard(start, { type: "alive", at: AT }, at + 3_600_000)).toBe(start);
  expect(clockHeard(start, { type: "alive", at: AT }, at - 3_600_000).aheadMs).toBe(-3_600_000);
});

test("what was asked for and did not come is stale as before, with what became stale meanwhile", () => {
  const stale = step(loadedState(), [told(session({ host: "new" }))]);
  const meanwhile = step(asked(stale), [told(session({ host: "newer", id: "0mwr00002-aaaaaa" }))]);
  expect([...notAnswered(meanwhile, ["new"]).stale]).toEqual(["newer", "new"]);
  expect(notAnswered(meanwhile, "all").isAllStale).toBe(true);
});

test("a boot of a host that is not known has that host asked for", () => {
  expect([...step(loadedState(), [told(session({ host: "new" }))]).stale]).toEqual(["new"]);
});

test("events that nothing is shown of leave the very same state", () => {
  const state = loadedState();
  expect(step(state, [{ type: "notice", at: AT, level: "info", text: "" }])).toBe(state);
  expect(step(state, [])).toBe(state);
});

test("hosts that are gone are not shown any more, and others as they are now", () => {
  const state = refreshed(loadedState(), [host("gamma", { because: "it is pinned" })], ["beta"]);
  expect([...(state.hosts ?? [])].map(([name, { because }]) => [name, because])).toEqual([
    ["gamma", "it is pinned"],
  ]);
});

test("what is loaded anew after a lost connection ends boots that nobody told the end of", () => {
  const over = session({ id: "0mwr00000-bbbbbb", mac: "52:54:00:00:00:02", outcome: "failed" });
  const before = step(loadedState(), [told(session(), "began"), told(over, "ended")]);
  const after = loaded(before, { status: STATUS, hosts: [host("beta")], boots: [] });
  expect([...after.boots.keys()]).toEqual([over.id]);
  expect(after.underWay.size).toBe(0);
  expect(after.loads).toBe(before.loads + 1);
});

test("it counts how often the connection came back, by itself or with everything loaded anew", () => {
  const first = loadedState();
  expect([first.resumptions, resumed(first).resumptions]).toEqual([0, 1]);
  const { hosts = new Map(), status = STATUS } = first;
  expect(loaded(resumed(first), { status, hosts: [...hosts.values()], boots: [] }).resumptions).toBe(2);
});

test("boots that are over are forgotten when there are many, the oldest first, and none that is under way", () => {
  const many = Array.from({ length: 2500 }, (_, index) => {
    const id = `0mwr0${String(index).padStart(4, "0")}-aaaaaa`;
    return told(session({ id, mac: `m${index}`, outcome: index === 3 ? "under-way" : "failed" }), "ended");
  });
  const state = step(loadedState(), many);
  expect(state.boots.size).toBe(1001);
  expect(state.boots.has("0mwr00003-aaaaaa")).toBe(true);
  expect(state.boots.has("0mwr02499-aaaaaa")).toBe(true);
  expect(state.boots.has("0mwr00004-aaaaaa")).toBe(false);
});

const anyEvent: fc.Arbitrary<PublicEvent> = fc.oneof(
  fc
    .record({
      number: fc.nat(3),
      machine: fc.nat(2),
      outcome: fc.constantFrom("under-way", "failed", "checked-in", "handed-over", "turned-away"),
    })
    .map(({ number, machine, outcome }) =>
      told(
        session({
          ...{ id: `0mwr0000${number}-aaaaaa`, mac: `52:54:00:00:00:0${machine}`, outcome },
          ...{ host: machine === 0 ? "beta" : "gamma", steps: [fetching(INITRD)] },
        }),
      ),
    ),
  fc.tuple(fc.nat(1000), fc.nat(5000)).map(([sent, atMs]) => progress(sent, atMs)),
  fc.nat(3).map((number) => diagnosed(`0mwr0000${number}-aaaaaa`, "beta")),
  fc.constant(published("beta")),
);

test("a batch makes of a state what its events make one by one", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      const start = loadedState();
      const alone = events.reduce<State>((state, event) => step(state, [event]), start);
      expect(step(start, events)).toEqual(alone);
    }),
  );
});

test("no order of events changes the state that they began with", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      const start = step(loadedState(), [told(session(), "began")]);
      const copy = structuredClone(start);
      step(start, events);
      expect(start).toEqual(copy);
    }),
  );
});

test("what was asked for before a boot went on does not take it back", () => {
  const later1 = session({ outcome: "checked-in", last: later(5000) });
  const state = step(loadedState(), [told(session(), "began"), told(later1, "ended")]);
  const known = state.hosts?.get("beta");
  const answered = (lastBoot: Parameters<typeof host>[1]) =>
    refreshed(state, [host("beta", { image: "other", ...lastBoot })]).hosts?.get("beta");
  const old = { ...session(), last: later(1000) };
  for (const answer of [{}, { lastBoot: old }, { lastBoot: { ...later1, id: "0mwr00000-aaaaaa" } }])
    expect(answered(answer)).toMatchObject({ image: "other", lastBoot: known?.lastBoot });
  const next = { ...old, id: "0mwr00002-aaaaaa" };
  expect(answered({ lastBoot: next })?.lastBoot).toBe(next);
  const same = { ...later1, address: "10.0.0.9" };
  expect(answered({ lastBoot: same })?.lastBoot).toBe(same);
});

test("what a boot was sent counts the file that it fetches, whoever tells of it", () => {
  const kernel = fetching("media/g1/kernel", { stage: "kernel", sentBytes: 1000, end: later(500) });
  const boot = session({ sentBytes: 1000, steps: [kernel, fetching(INITRD)] });
  const { steps: _, ...row } = { ...boot, sentBytes: 1600, step: fetching(INITRD, { sentBytes: 600 }) };
  // A list has what is on its way, an event has not.
  const opened = loaded(EMPTY, { status: STATUS, hosts: [host("beta")], boots: [row] });
  const moved = step(opened, [told(boot)]);
  expect(moved.boots.get(boot.id)).toMatchObject({ sentBytes: 1600, step: { sentBytes: 600 } });
  const further = step(moved, [progress(700, 1000), told({ ...boot, scripts: 2 })]);
  expect(further.boots.get(boot.id)).toMatchObject({ sentBytes: 1700, step: { sentBytes: 700 }, scripts: 2 });
  const over = session({
    sentBytes: 2000,
    steps: [kernel, fetching(INITRD, { sentBytes: 1000, end: later(9) })],
  });
  expect(step(further, [told(over)]).boots.get(boot.id)).toMatchObject({ sentBytes: 2000 });
});

test("a boot that is told anew keeps what was counted in its stages too", () => {
  const boot = session({ steps: [fetching(INITRD)] });
  const state = step(loadedState(), [told(boot), progress(300, 500), told(boot)]);
  expect(state.boots.get(boot.id)?.steps?.at(-1)?.sentBytes).toBe(300);
});
