import { describe, expect, test } from "vitest";
import { markOf, openSecret, SECRET_KIND } from "../../../src/io/check-in/check-in-secret.ts";
import { openCheckIns, TOKEN_MS } from "../../../src/io/check-in/check-ins.ts";
import { openMarks } from "../../../src/io/check-in/generation-marks.ts";
import { createRefusingStore } from "../../../src/io/store/refusing-store.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";
import { parseToken } from "../../../src/wire/check-in/claim.ts";
import { BETA, BETA_MAC, GENERATION } from "../../support/worlds.ts";

const boot = { mac: BETA_MAC, host: BETA, generation: GENERATION };

describe("a boot that begins", () => {
  test("has a name of its own, and a token that says which machine boots what, and when", async () => {
    const { beginBoot } = await openCheckIns(createMemoryStore(), () => 1_700_000_000_999);
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
    const { beginBoot } = await openCheckIns(createMemoryStore());
    expect(beginBoot({ ...boot, host: { ...BETA, checkIn: false } })).not.toHaveProperty("checkIn");
  });

  test("has no token where no report could be kept", async () => {
    const { beginBoot } = await openCheckIns(createRefusingStore(new Error("no room")));
    expect(beginBoot(boot)).not.toHaveProperty("checkIn");
  });
});

describe("the secret", () => {
  test("is kept, so that a token counts after a restart too", async () => {
    const store = createMemoryStore();
    const { beginBoot } = await openCheckIns(store);
    const { bootId, checkIn = "" } = beginBoot(boot);
    expect((await openSecret(store))?.verify(checkIn)?.bootId).toBe(bootId);
    expect((await openSecret(createMemoryStore()))?.verify(checkIn)).toBeUndefined();
  });

  test("is made anew where what is kept is none", async () => {
    const store = createMemoryStore();
    await store.put([{ kind: SECRET_KIND, key: "hmac-sha256", value: "short" }]);
    const { beginBoot } = await openCheckIns(store);
    expect((await openSecret(store))?.verify(beginBoot(boot).checkIn ?? "")).toBeDefined();
  });

  test("makes every flipped bit of a token void", async () => {
    const store = createMemoryStore();
    const { beginBoot } = await openCheckIns(store);
    const secret = await openSecret(store);
    const token = Buffer.from(beginBoot(boot).checkIn ?? "", "base64url");
    expect(token).toHaveLength(48);
    for (let bit = 0; bit < 8 * token.length; bit++) {
      const flipped = Buffer.from(token);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(secret?.verify(flipped.toString("base64url"))).toBeUndefined();
    }
  });
});

describe("the marks of generations", () => {
  test("are found after a restart, for as long as a token counts", async () => {
    const store = createMemoryStore();
    const hour = 3_600_000;
    const mark = (await openMarks(store, TOKEN_MS, () => 1000 * hour)).mark(GENERATION.id);
    const found = async (hours: number) =>
      (await openMarks(store, TOKEN_MS, () => (1000 + hours) * hour)).find(mark);
    expect(await found(24)).toBe(GENERATION.id);
    expect(await found(26)).toBeUndefined();
  });
});
