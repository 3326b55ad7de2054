import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOKEN_MS } from "../../../src/boot/check-in/judge-token.ts";
import { markOf, openSecret, SECRET_KIND } from "../../../src/io/check-in/check-in-secret.ts";
import { openCheckIns } from "../../../src/io/check-in/check-ins.ts";
import { openGenerationMarks } from "../../../src/io/check-in/generation-marks.ts";
import { REPORT_KIND } from "../../../src/io/check-in/taken-reports.ts";
import type { Body } from "../../../src/io/http/http-body.ts";
import { createRefusingStore } from "../../../src/io/store/refusing-store.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createWorld } from "../../../src/io/world.ts";
import { parseToken } from "../../../src/wire/check-in/claim.ts";
import { logEvents } from "../../support/event-log.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const boot = { mac: BETA_MAC, host: BETA, generation: GENERATION };
const HOUR_MS = 3_600_000;
const peer = { address: "10.0.0.9", port: 40_000 };
const NOTHING: Body = { type: "whole", bytes: new Uint8Array() };

/** A desk with a clock that stands, over a world in which beta has its generation. */
async function openDesk(store: Store = createMemoryStore(), nowMs = 1_700_000_000_999) {
  const world = createWorld(snapshotOf([BETA], GENERATION));
  const log = logEvents(world);
  const clock = { nowMs };
  const machines = new Map<string, string>();
  const whose = (address: string) => machines.get(address);
  const desk = await openCheckIns({ world, store, whose, nowMs: () => clock.nowMs });
  const take = (token: string | undefined, body: Body = NOTHING) =>
    desk.take(token ?? "", peer, async () => body);
  const taken = async () =>
    [...(await store.load(REPORT_KIND)).values()].map((value) => (value as { report: unknown }).report);
  return { ...desk, world, log, clock, machines, take, taken, takeFrom: desk.take };
}

describe("a boot that begins", () => {
  test("has a name of its own, and a token that says which machine boots what, and when", async () => {
    const { beginBoot } = await openDesk();
    const [first, second] = [beginBoot(boot), beginBoot(boot)];
    expect(first.bootId).toMatch(/^[0-9a-f]{16}$/);
    expect(second.bootId).not.toBe(first.bootId);
    expect(parseToken(first.checkIn ?? "")?.claim).toEqual({
      bootId: first.bootId,
      mac: BETA_MAC,
      issuedSeconds: 1_700_000_000,
      generationMark: markOf(GENERATION.id, 8),
      hostMark: markOf("beta", 6),
    });
  });

  test("has no token where its host is not to report", async () => {
    const { beginBoot } = await openDesk();
    expect(beginBoot({ ...boot, host: { ...BETA, checkIn: false } })).not.toHaveProperty("checkIn");
  });

  test("has no token where no report could be kept", async () => {
    const { beginBoot } = await openDesk(createRefusingStore(new Error("no room")));
    expect(beginBoot(boot)).not.toHaveProperty("checkIn");
  });
});

describe("a report", () => {
  test("is told with the machine, the host, the generation and the boot that its token was made for", async () => {
    const { beginBoot, take, log, taken } = await openDesk();
    const { bootId, checkIn } = beginBoot(boot);
    const bytes = new TextEncoder().encode("kernel=6.12.9&failedUnits=besu.service");
    expect(await take(checkIn, { type: "whole", bytes })).toBeUndefined();
    const told = {
      ...{ bootId, mac: BETA_MAC, host: "beta", generation: GENERATION.id, peer },
      checkIn: {
        ...{ atMs: expect.any(Number), kernel: "6.12.9" },
        ...{ failedUnits: ["besu.service"], missingMounts: [], missingFiles: [] },
      },
    };
    expect(log.all).toEqual([{ type: "checked-in", ...told }]);
    expect(await taken()).toEqual([told]);
  });

  test("is taken once, also when two come at the same time", async () => {
    const { beginBoot, take, log } = await openDesk();
    const { bootId, checkIn } = beginBoot(boot);
    const both = await Promise.all([take(checkIn), take(checkIn)]);
    expect(both.toSorted()).toEqual(["token-used", undefined]);
    expect(await take(checkIn)).toBe("token-used");
    expect(log.of("checked-in")).toHaveLength(1);
    expect(log.of("check-in-refused")).toMatchObject([
      { reason: "token-used", bootId, peer },
      { reason: "token-used", bootId, peer },
    ]);
  });

  test("counts after a restart, and no second time after another", async () => {
    const store = createMemoryStore();
    const { checkIn } = (await openDesk(store)).beginBoot(boot);
    expect(await (await openDesk(store)).take(checkIn)).toBeUndefined();
    const third = await openDesk(store);
    expect(await third.take(checkIn)).toBe("token-used");
    expect(await third.taken()).toMatchObject([{ mac: BETA_MAC, host: "beta", generation: GENERATION.id }]);
  });

  test("means its generation after a restart too, when that is not served any more", async () => {
    const store = createMemoryStore();
    const { checkIn } = (await openDesk(store)).beginBoot(boot);
    const after = await openDesk(store);
    after.world.change([{ type: "dropped", generations: [GENERATION.id] }]);
    expect(await after.take(checkIn)).toBeUndefined();
    expect(await after.taken()).toMatchObject([{ generation: GENERATION.id }]);
  });

  test("is not taken when it could not be written, and is then", async () => {
    const store = createMemoryStore();
    const full = { now: false };
    const desk = await openDesk({
      ...store,
      put: (entries) => (full.now ? Promise.reject(new Error("full")) : store.put(entries)),
    });
    const { checkIn } = desk.beginBoot(boot);
    full.now = true;
    expect(await desk.take(checkIn)).toBe("report-unkept");
    expect(desk.log.of("checked-in")).toEqual([]);
    full.now = false;
    expect(await desk.take(checkIn)).toBeUndefined();
  });

  test("that cannot be read leaves its token as good as it was", async () => {
    const { beginBoot, take, log } = await openDesk();
    const { checkIn } = beginBoot(boot);
    const bytes = new TextEncoder().encode("{");
    expect(await take(checkIn, { type: "whole", bytes })).toBe("report-unreadable");
    expect(await take(checkIn, { type: "too-large" })).toBe("report-too-large");
    expect(await take(checkIn, { type: "cut-off" })).toBe("report-cut-off");
    expect(log.of("checked-in")).toEqual([]);
    expect(await take(checkIn)).toBeUndefined();
  });

  test("is refused from an address that is another machine's, and taken from its own", async () => {
    const desk = await openDesk();
    const other = "52:54:00:00:00:02";
    const { checkIn } = desk.beginBoot(boot);
    desk.beginBoot({ ...boot, mac: other });
    desk.machines.set(peer.address, other);
    expect(await desk.take(checkIn)).toBe("token-foreign");
    expect(desk.log.of("checked-in")).toEqual([]);
    desk.machines.set(peer.address, BETA_MAC);
    expect(await desk.take(checkIn)).toBeUndefined();
  });

  test("of yesterday's boot is refused, and what was kept of that day goes with the next one", async () => {
    const store = createMemoryStore();
    const desk = await openDesk(store);
    const [used, late] = [desk.beginBoot(boot), desk.beginBoot(boot)];
    await desk.take(used.checkIn);
    desk.clock.nowMs += TOKEN_MS + 1000;
    expect(await desk.take(late.checkIn)).toBe("token-expired");
    expect(await desk.take(used.checkIn)).toBe("token-used");
    const today = desk.beginBoot(boot);
    await desk.take(today.checkIn);
    expect([...(await store.load(REPORT_KIND)).keys()]).toEqual([today.bootId]);
    expect(await desk.take(used.checkIn)).toBe("token-expired");
  });
});

describe("a report that came just before the server was killed", () => {
  test("is told again to those who keep something of it, and once only when they were told in time", async () => {
    const store = createMemoryStore();
    const killed = await openDesk(store);
    const { bootId, checkIn } = killed.beginBoot(boot);
    await killed.take(checkIn);
    const [before] = killed.log.of("checked-in");

    const after = await openDesk(store);
    expect(after.log.all).toEqual([]);
    after.resume();
    expect(after.log.of("checked-in")).toEqual([before]);
    expect(before?.bootId).toBe(bootId);
    // It stops in order, when everybody has written what he wanted to.
    await after.close();
    const third = await openDesk(store);
    third.resume();
    expect(third.log.all).toEqual([]);
    expect(await third.take(checkIn)).toBe("token-used");
  });

  test("stays to be told where the server that took over ended before it told anybody", async () => {
    const store = createMemoryStore();
    const killed = await openDesk(store);
    await killed.take(killed.beginBoot(boot).checkIn);
    await (await openDesk(store)).close();
    const third = await openDesk(store);
    third.resume();
    expect(third.log.of("checked-in")).toHaveLength(1);
  });
});

describe("a token that nobody was given", () => {
  test("any text is refused, and its report is never read", async () => {
    const desk = await openDesk();
    desk.beginBoot(boot);
    const tokenLike = fc.string({ unit: fc.constantFrom(..."ABab01-_"), minLength: 64, maxLength: 64 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), tokenLike), async (text) => {
        const read = () => Promise.reject(new Error("read"));
        expect(await desk.takeFrom(text, peer, read)).toBe("token-wrong");
      }),
    );
    expect(desk.log.of("checked-in")).toEqual([]);
    expect(JSON.stringify(desk.log.all)).not.toContain("AAAA");
  });

  test("every flipped bit of a token makes it one", async () => {
    const { beginBoot, take } = await openDesk();
    const token = Buffer.from(beginBoot(boot).checkIn ?? "", "base64url");
    expect(token).toHaveLength(48);
    for (let bit = 0; bit < 8 * token.length; bit++) {
      const flipped = Buffer.from(token);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await take(flipped.toString("base64url"))).toBe("token-wrong");
    }
    expect(await take(token.toString("base64url"))).toBeUndefined();
  });

  test("one of another server is refused", async () => {
    const { checkIn } = (await openDesk()).beginBoot(boot);
    expect(await (await openDesk()).take(checkIn)).toBe("token-wrong");
  });
});

describe("what is kept for tokens", () => {
  test("the secret is made anew where what is kept is none", async () => {
    const store = createMemoryStore();
    await store.put([{ kind: SECRET_KIND, key: "hmac-sha256", value: "short" }]);
    const { beginBoot } = await openDesk(store);
    expect((await openSecret(store))?.verify(beginBoot(boot).checkIn ?? "")).toBeDefined();
  });

  test("the marks of generations are found for as long as a token counts", async () => {
    const store = createMemoryStore();
    const nobody = snapshotOf([]);
    const mark = (await openGenerationMarks(store, TOKEN_MS, () => 1000 * HOUR_MS)).mark(GENERATION.id);
    const found = async (hours: number) =>
      (await openGenerationMarks(store, TOKEN_MS, () => (1000 + hours) * HOUR_MS)).find(mark, nobody);
    expect(await found(24)).toBe(GENERATION.id);
    expect(await found(26)).toBeUndefined();
  });
});
