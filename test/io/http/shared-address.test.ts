import { afterAll, beforeAll, expect, test } from "vitest";
import { createAttribution } from "../../../src/io/ladder/attribution.ts";
import { type Sessions, startSessions } from "../../../src/io/sessions/sessions.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";
import { FILES, type HttpRig, startHttpRig } from "../../support/http-rig.ts";

const A = "52:54:00:12:34:56";
const B = "52:54:00:12:34:57";
const C = "52:54:00:12:34:58";

let rig: HttpRig;
let sessions: Sessions;

beforeAll(async () => {
  rig = await startHttpRig({}, undefined, (world) => ({ isShared: createAttribution(world).isShared }));
  const { hosts } = rig.world.snapshot();
  const all = [...hosts.values()].map((host) => ({ ...host, macs: [A, B, C] }));
  rig.world.change([{ type: "hosts", hosts: all }]);
  sessions = await startSessions({ world: rig.world, store: createMemoryStore(), keepMs: () => 1e9 });
});

afterAll(async () => {
  await sessions.close();
  await rig.stop();
});

async function urlsFor(mac: string): Promise<string[]> {
  const script = await (await fetch(`${rig.base}/netboot.ipxe?mac=${mac}&arch=x86_64`)).text();
  return [...script.matchAll(/^(?:kernel|initrd) --name \S+ (\S+)/gm)].map(([, url]) => url ?? "");
}

/** Files sent whole in this session, by the bytes of each. */
const fetched = (mac: string) =>
  sessions
    .current(mac)
    ?.steps.filter(({ result }) => result === "complete")
    .map(({ sentBytes }) => sentBytes);

const get = async (url: string | undefined) => (await fetch(url ?? "")).arrayBuffer();

test("machines behind one address are told apart by the URLs that their scripts have given them", async () => {
  const [kernel = new Uint8Array(), initrd = new Uint8Array()] = ["bzImage", "initrd.zst"].map((name) =>
    FILES.get(name),
  );
  const alone = await urlsFor(A);
  expect(alone.map((url) => new URL(url).search)).toEqual(["", ""]);
  const second = await urlsFor(B);
  const third = await urlsFor(C);
  expect(second.every((url) => /\?boot=[0-9a-f]{16}$/.test(url))).toBe(true);

  await get(second[0]);
  await get(third[0]);
  await get(alone[0]);
  await get(second[1]);
  expect(fetched(A)).toEqual([kernel.length]);
  expect(fetched(B)).toEqual([kernel.length, initrd.length]);
  expect(fetched(C)).toEqual([kernel.length]);
  expect(sessions.current(B)?.outcome).toBe("handed-over");
  await get(alone[1]);
  expect(sessions.current(A)?.outcome).toBe("handed-over");
  expect(sessions.current(C)?.outcome).toBe("under-way");
});

test("a boot that nobody began says nothing of who fetches", async () => {
  rig.clearEvents();
  await get(`${rig.base}/media/${rig.generation.id}/bzImage?boot=ffffffffffffffff`);
  expect(rig.events.find(({ type }) => type === "transfer-ended")).not.toHaveProperty("mac");
});
