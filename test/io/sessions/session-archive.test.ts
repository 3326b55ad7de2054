/** Of sessions that anybody can make up only the newest are kept, and nothing that leads to the others. */

import { beforeEach, expect, test } from "vitest";
import type { Session } from "../../../src/boot/session/session.ts";
import {
  createSessionArchive,
  SESSION_KINDS,
  type SessionArchive,
} from "../../../src/io/sessions/session-archive.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";

const LIMIT = 3;

let store: Store;
let archive: SessionArchive;

function open(): void {
  archive = createSessionArchive(store, {
    isNameless: ({ host }) => host === undefined,
    maxNameless: LIMIT,
  });
}

beforeEach(() => {
  store = createMemoryStore();
  open();
});

function session(number: number, more: Partial<Session> = {}): Session {
  const id = `0mwr000${String(number).padStart(2, "0")}-aaaaaa`;
  return {
    ...{ id, mac: "52:54:00:00:00:01", via: "netboot", startMs: number, lastMs: number },
    ...{ scripts: 0, steps: [], outcome: "turned-away" },
    ...more,
  };
}

async function write(...sessions: readonly Session[]): Promise<void> {
  for (const each of sessions) await archive.write([each], new Map());
}

async function kept(): Promise<readonly number[]> {
  const all = await store.range(SESSION_KINDS.SESSION, { limit: 100 });
  return all.map(([key]) => Number(key.slice(7, 9)));
}

/** How many entries of the index lead to a session. */
async function leading(number: number): Promise<number> {
  const all = await store.range(SESSION_KINDS.INDEX, { limit: 100 });
  return all.filter(([key]) => key.endsWith(session(number).id)).length;
}

test("the oldest go when there are too many, across restarts", async () => {
  await write(...[1, 2, 3, 4].map((number) => session(number)));
  open();
  await write(session(5));
  expect(await kept()).toEqual([3, 4, 5]);
  expect(await Promise.all([1, 2, 3, 4, 5].map(leading))).toEqual([0, 0, 3, 3, 3]);
});

test("those of a host are not counted, and stay", async () => {
  await write(...[1, 2, 3, 4, 5].map((number) => session(number, { host: "beta" })));
  await write(...[6, 7, 8, 9].map((number) => session(number)));
  expect(await kept()).toEqual([1, 2, 3, 4, 5, 7, 8, 9]);
});

test("one that turns out to be of a host is counted no longer", async () => {
  await write(session(1), session(2), session(1, { host: "beta", outcome: "failed" }));
  await write(...[3, 4, 5].map((number) => session(number)));
  expect(await kept()).toEqual([1, 3, 4, 5]);
  expect(await leading(1)).toBe(3);
});

test("one that is written again is not forgotten by that", async () => {
  await write(session(1), session(2), session(3));
  await archive.write([session(1, { lastMs: 9 }), session(4)], new Map());
  expect(await kept()).toEqual([1, 3, 4]);
});

test("what is forgotten for its age makes room", async () => {
  await write(...[1, 2, 3].map((number) => session(number)));
  expect(await archive.forgetBelow(session(3).id, 10)).toBe(2);
  await write(...[4, 5].map((number) => session(number)));
  expect(await kept()).toEqual([3, 4, 5]);
});

test("what could not be written is not counted", async () => {
  const { put } = store;
  store.put = () => Promise.reject(new Error("the disk is full"));
  await expect(write(session(1))).rejects.toThrow("the disk is full");
  store.put = put;
  await write(session(1));
  expect(await leading(1)).toBe(3);
});
