/** One session, or those of one machine, are found without looking through all that are followed. */

import { expect, test } from "vitest";
import type { LiveSession } from "../../../src/boot/session/live-session.ts";
import type { Session } from "../../../src/boot/session/session.ts";
import { createPendingSessions } from "../../../src/io/sessions/pending-sessions.ts";
import { createSessionArchive } from "../../../src/io/sessions/session-archive.ts";
import { createSessionReader } from "../../../src/io/sessions/session-reader.ts";
import { createSessionTable } from "../../../src/io/sessions/session-table.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";

const MAC = "52:54:00:00:00:01";
const OTHER = "52:54:00:00:00:02";

function session(number: number, more: Partial<Session> = {}): Session {
  return {
    ...{ id: `0mwr0000${number}-aaaaaa`, mac: MAC, via: "netboot", startMs: number, lastMs: number },
    ...{ scripts: 0, steps: [], outcome: "failed" },
    ...more,
  };
}
const live = (each: Session): LiveSession => ({ session: each, phase: "firmware", wanted: [] });
const outcomes = (found: readonly Session[]) => found.map(({ id, outcome }) => [id.slice(8, 9), outcome]);

/** Session 1 is on the disk, 2 waits to be written, 3 is followed and waits too, as it was a moment ago. */
async function make() {
  const archive = createSessionArchive(createMemoryStore());
  const [table, waiting] = [createSessionTable(), createPendingSessions()];
  await archive.write(
    [1, 2, 3].map((number) => session(number)),
    new Map(),
  );
  waiting.set(session(2, { outcome: "checked-in" }));
  waiting.set(session(3, { outcome: "turned-away" }));
  table.set(MAC, live(session(3, { outcome: "under-way" })));
  table.set(OTHER, live(session(4, { mac: OTHER, outcome: "under-way" })));
  return { archive, table, waiting };
}

test("what is followed is newer than what waits, and that than what is on the disk", async () => {
  const { archive, table, waiting } = await make();
  const reader = createSessionReader({ archive, followed: table, waiting });
  const own = [
    ["3", "under-way"],
    ["2", "checked-in"],
    ["1", "failed"],
  ];
  expect(outcomes(await reader.list({ mac: MAC }, 10))).toEqual(own);
  expect(outcomes(await reader.list({}, 10))).toEqual([["4", "under-way"], ...own]);
  expect(outcomes(await reader.list({ mac: MAC, before: session(3).id }, 1))).toEqual([own[1]]);
  const found = await Promise.all([1, 2, 3, 4, 5].map((number) => reader.get(session(number).id)));
  expect(found.map((each) => each?.outcome)).toEqual([
    ...["failed", "checked-in", "under-way", "under-way", undefined],
  ]);
});

test("of one session and of one machine not all are looked through", async () => {
  const { archive, table, waiting } = await make();
  const all = () => {
    throw new Error("all were looked through");
  };
  const reader = createSessionReader({
    archive,
    followed: { ...table, all },
    waiting: { get: waiting.get, of: waiting.of, all },
  });
  expect(await reader.list({ mac: MAC }, 10)).toHaveLength(3);
  expect((await reader.get(session(2).id))?.outcome).toBe("checked-in");
  await expect(reader.list({}, 10)).rejects.toThrow("all were looked through");
});

test("a machine's next session takes the place of the one before, in every way to find it", () => {
  const table = createSessionTable();
  table.set(MAC, live(session(1)));
  table.set(MAC, live(session(2)));
  expect(table.find(session(1).id)).toBeUndefined();
  expect(table.find(session(2).id)?.session).toEqual(session(2));
  table.delete(MAC);
  expect(table.find(session(2).id)).toBeUndefined();
});

test("a session that is written waits no longer, and others of its machine do", () => {
  const waiting = createPendingSessions();
  for (const number of [1, 2]) waiting.set(session(number));
  waiting.set(session(1, { outcome: "checked-in" }));
  expect(outcomes([...waiting.of(MAC)])).toEqual([
    ["1", "checked-in"],
    ["2", "failed"],
  ]);
  waiting.delete(session(1));
  expect(outcomes([...waiting.of(MAC)])).toEqual([["2", "failed"]]);
  waiting.delete(session(2));
  expect([[...waiting.of(MAC)], waiting.size]).toEqual([[], 0]);
});
