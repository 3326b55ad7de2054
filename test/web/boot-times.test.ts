import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Session } from "../../src/boot/session/session.ts";
import { makeSessionId } from "../../src/boot/session/session-id.ts";
import { listBoots } from "../../src/commands/boots.ts";
import { createSessionArchive } from "../../src/io/sessions/session-archive.ts";
import { openStore } from "../../src/io/store/sqlite-store.ts";
import { bootTimes } from "../../src/web/schema/sessions.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";

const DAY_MS = 86_400_000;
let rig: AdminRig | undefined;
afterEach(() => rig?.stop());

/** A server that remembers boots of the host beta: so many, one every so often, the last one just now. */
async function startWith(count: number, everyMs: number): Promise<AdminRig> {
  const nowMs = Date.now();
  const boots = Array.from({ length: count }, (_, index): Session => {
    const startMs = nowMs - index * everyMs;
    const isFailed = index % 2 === 1;
    return {
      ...{ id: makeSessionId(startMs, 0.5), mac: "52:54:00:00:00:01", host: "beta", via: "netboot" },
      ...{ startMs, lastMs: startMs + 3000, scripts: 1, outcome: isFailed ? "failed" : "handed-over" },
      steps: [
        {
          ...{ stage: "initrd", startMs: startMs + 1000, path: "media/g/initrd" },
          ...(isFailed ? {} : { endMs: startMs + 3000 }),
        },
      ],
    };
  });
  return startAdminRig({}, "", async ({ folder }) => {
    const store = await openStore(join(folder, "state"));
    await createSessionArchive(store).write(boots, new Map());
    await store.close();
  });
}

async function ask(path: string) {
  return bootTimes.parse(JSON.parse((await rig?.send("GET", `/api/v1/hosts/${path}`))?.text ?? ""));
}

test("how long the boots of the last weeks took is told in short, the last one first, of one host", async () => {
  rig = await startWith(12, 2 * DAY_MS);
  const { boots, isCut, from } = await ask("beta/boot-times?weeks=2");
  expect([boots.length, isCut]).toEqual([7, false]);
  expect(boots.every(({ start }) => start >= from)).toBe(true);
  expect(boots.map(({ fetchedAfterMs }) => fetchedAfterMs)).toEqual([
    ...[3000, undefined, 3000, undefined, 3000, undefined, 3000],
  ]);
  expect(boots.map(({ id }) => id)).toEqual(
    boots
      .map(({ id }) => id)
      .toSorted()
      .toReversed(),
  );
  expect((await ask("beta/boot-times")).boots.length).toBe(12);
  expect((await ask("gamma/boot-times")).boots).toEqual([]);
  expect((await rig.send("GET", "/api/v1/hosts/beta/boot-times?weeks=53")).status).toBe(400);
});

test("of a host that boots without end the last boots are told, and that there were more", async () => {
  rig = await startWith(1600, 60_000);
  const { boots, isCut } = await ask("beta/boot-times?weeks=1");
  expect([boots.length, isCut]).toEqual([1500, true]);
  // A list has pages, which 'mayfly boots' puts together.
  expect((await rig.send("GET", "/api/v1/sessions?limit=251")).status).toBe(400);
  const [text = ""] = await listBoots(rig.request, "beta", { json: true, limit: 400 });
  const { sessions } = JSON.parse(text);
  expect(sessions.map(({ id }: { id: string }) => id)).toEqual(boots.slice(0, 400).map(({ id }) => id));
});
