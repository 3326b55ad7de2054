import { describe, expect, test } from "vitest";
import { loadTokens } from "../../../src/io/access/tokens.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";

const DAY_MS = 86_400_000;

function clock() {
  const time = { nowMs: 1_000_000 };
  return { time, now: () => time.nowMs };
}
const open = (store: Store, now: () => number) =>
  loadTokens(store, (name) => expect.fail(`${name} cannot be read`), now);

test("a token is found by its text alone, after a restart too, and the text is kept nowhere", async () => {
  const store = createMemoryStore();
  const { now } = clock();
  const text = (await (await open(store, now)).create("ci", "operate", undefined)) ?? "";
  expect(text).toMatch(/^mayfly_[\w-]{43}$/);
  const tokens = await open(store, now);
  expect(tokens.find(text)).toEqual({ name: "ci", scope: "operate", createdMs: 1_000_000 });
  for (const wrong of ["", "mayfly_", `${text}x`, text.slice(1), text.toUpperCase()])
    expect(tokens.find(wrong)).toBeUndefined();
  expect(JSON.stringify([...(await store.load("token"))])).not.toContain(text.slice(10));
});

test("two tokens are never the same, and no two have one name", async () => {
  const tokens = await open(createMemoryStore(), clock().now);
  const made = await Promise.all([
    tokens.create("a", "read", 1),
    tokens.create("a", "admin", 1),
    tokens.create("b", "read", 1),
  ]);
  expect(made.map((text) => text === undefined)).toEqual([false, true, false]);
  expect(new Set(made).size).toBe(3);
  expect(tokens.list().map(({ name, scope }) => `${name} ${scope}`)).toEqual(["a read", "b read"]);
});

test("a token counts until its day, and gives its name away then", async () => {
  const { time, now } = clock();
  const tokens = await open(createMemoryStore(), now);
  const text = (await tokens.create("ci", "admin", 2)) ?? "";
  const [token] = tokens.list();
  if (token === undefined) throw new Error("there is no token");
  const login = await tokens.logins.open(token);
  time.nowMs += 2 * DAY_MS - 1;
  expect(tokens.find(text)?.name).toBe("ci");
  time.nowMs += 1;
  expect([tokens.find(text), tokens.logins.find(login), tokens.list()]).toEqual([undefined, undefined, []]);
  expect(await tokens.create("ci", "read", 1)).not.toBe(text);
  expect([tokens.find(text), tokens.logins.find(login)]).toEqual([undefined, undefined]);
});

test("a token that is revoked counts no more, nor do its logins, nor after a restart", async () => {
  const store = createMemoryStore();
  const { now } = clock();
  const tokens = await open(store, now);
  const text = (await tokens.create("ci", "admin", undefined)) ?? "";
  const other = (await tokens.create("other", "read", undefined)) ?? "";
  const login = await tokens.logins.open(tokens.find(text) ?? expect.fail());
  const kept = await tokens.logins.open(tokens.find(other) ?? expect.fail());
  expect(await tokens.revoke("ci")).toBe(true);
  expect(await tokens.revoke("ci")).toBe(false);
  for (const each of [tokens, await open(store, now)]) {
    expect([each.find(text), each.logins.find(login)]).toEqual([undefined, undefined]);
    expect([each.find(other)?.name, each.logins.find(kept)]).toEqual(["other", "other"]);
  }
});

test("a login is forgotten when it is closed, and after thirty days", async () => {
  const store = createMemoryStore();
  const { time, now } = clock();
  const tokens = await open(store, now);
  const token = tokens.find((await tokens.create("ci", "read", undefined)) ?? "") ?? expect.fail();
  const [first, second] = [await tokens.logins.open(token), await tokens.logins.open(token)];
  await tokens.logins.close(first);
  expect([tokens.logins.find(first), tokens.logins.find(second)]).toEqual([undefined, "ci"]);
  time.nowMs += 30 * DAY_MS;
  expect(tokens.logins.find(second)).toBeUndefined();
});

describe("of the logins of one token the newest twenty are kept", () => {
  async function loggedIn(times: number, days: number | undefined) {
    const { time, now } = clock();
    const store = createMemoryStore();
    const tokens = await open(store, now);
    const tokenOf = async (name: string) =>
      tokens.find((await tokens.create(name, "read", days)) ?? "") ?? expect.fail();
    const [other, token] = [await tokenOf("other"), await tokenOf("ci")];
    const before = await tokens.logins.open(other);
    const secrets: string[] = [];
    for (let i = 0; i < times; i++) {
      time.nowMs += 1;
      secrets.push(await tokens.logins.open(token));
    }
    return { tokens, token, store, now, before, secrets };
  }

  test.each([
    ["that lasts", undefined],
    ["that ends before they do", 3],
  ])("of one %s, in the order in which they began, and none of another token's goes", async (_what, days) => {
    const { tokens, token, store, now, before, secrets } = await loggedIn(1000, days);
    const found = (from: typeof tokens) => secrets.filter((secret) => from.logins.find(secret) === "ci");
    expect(found(tokens)).toEqual(secrets.slice(-20));
    expect(tokens.logins.find(before)).toBe("other");
    expect((await store.load("login")).size).toBe(21);
    // A store keeps no order.
    const entries = [...(await store.load("login"))].reverse();
    await store.put(entries.map(([key]) => ({ kind: "login", key, value: undefined })));
    await store.put(entries.map(([key, value]) => ({ kind: "login", key, value })));
    const again = await open(store, now);
    await again.logins.open(token);
    expect(found(again)).toEqual(secrets.slice(-19));
  });

  test("of many that begin at once, too", async () => {
    const { tokens, token, store, before } = await loggedIn(0, undefined);
    const secrets = await Promise.all(Array.from({ length: 100 }, () => tokens.logins.open(token)));
    expect(secrets.filter((secret) => tokens.logins.find(secret) === "ci")).toEqual(secrets.slice(-20));
    expect(tokens.logins.find(before)).toBe("other");
    expect((await store.load("login")).size).toBe(21);
  });
});

test("a login that cannot be kept lets nobody in", async () => {
  const store = createMemoryStore();
  const tokens = await open(store, clock().now);
  const token = tokens.find((await tokens.create("ci", "read", undefined)) ?? "") ?? expect.fail();
  const refusing = await loadTokens({ ...store, put: () => Promise.reject(new Error("no room")) }, () => {});
  await expect(refusing.logins.open(token)).rejects.toThrow("no room");
  expect((await store.load("login")).size).toBe(0);
});

test("what cannot be kept is no token", async () => {
  const store = { ...createMemoryStore(), put: () => Promise.reject(new Error("full")) };
  const tokens = await open(store, clock().now);
  await expect(tokens.create("ci", "read", undefined)).rejects.toThrow("full");
  expect(tokens.list()).toEqual([]);
});

test("a token that cannot be read does not count, and is named", async () => {
  const store = createMemoryStore();
  await store.put([{ kind: "token", key: "ci", value: { hash: "x", scope: "everything", createdMs: 1 } }]);
  const unread: string[] = [];
  expect((await loadTokens(store, (name) => unread.push(name))).list()).toEqual([]);
  expect(unread).toEqual(["ci"]);
});
