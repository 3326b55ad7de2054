import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listBoots } from "../../src/commands/boots.ts";
import { followBoots } from "../../src/commands/boots-follow.ts";
import { createBootsScreen } from "../../src/commands/boots-screen.ts";
import { type SessionRow, sessionDetail, sessions } from "../../src/web/schema/sessions.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { homestakeros } from "../support/image-folders.ts";

const MAC = "52:54:00:12:34:56";
const OTHER = "52:54:00:12:34:57";
const MORE = "&serial=S1&product=X11&arch=x86_64&platform=efi";

let rig: AdminRig;

beforeAll(async () => {
  rig = await startAdminRig({}, "hosts: { beta: {} }\n");
  const published = rig.log.wait("published");
  rig.media.link("52-54-00-12-34-56", rig.media.store(homestakeros("init=/beta/init")));
  await published;
});
afterAll(() => rig.stop());

/** Asks for the script and fetches so many of its files, as a machine does. */
async function boot(files = 2): Promise<void> {
  for (const url of (await begin()).slice(0, files)) await (await fetch(url)).arrayBuffer();
}

/** Asks for the script alone, and tells where its files are. */
async function begin(): Promise<readonly string[]> {
  const script = await rig.script(MAC, MORE);
  return [...script.matchAll(/^(?:kernel|initrd) --name \S+ (\S+)/gm)].map(([, url]) => url ?? "");
}

const get = async (path: string) => JSON.parse((await rig.send("GET", `/api/v1/${path}`)).text);

test("no boot is nothing to list", async () => {
  expect(await listBoots(rig.request, undefined, { json: false })).toEqual(["No machine has booted yet."]);
  expect(await listBoots(rig.request, "beta", { json: false })).toEqual(["beta has not booted yet."]);
  await expect(listBoots(rig.request, "no/host", { json: false })).rejects.toThrow(
    /a host, a MAC address, or a boot/,
  );
  await expect(listBoots(rig.request, "0loyw3v28-000000", { json: false })).rejects.toThrow(
    /there was no boot/,
  );
});

test("a host that nobody knows is no host that has not booted: a slip is told, followed or not", async () => {
  await expect(listBoots(rig.request, "betta", { json: false })).rejects.toThrow("there is no host betta");
  await expect(listBoots(rig.request, "betta", { json: true })).rejects.toThrow("there is no host betta");
  const signal = AbortSignal.timeout(5000);
  const options = { json: false, signal, stream: { write: () => {} }, everyMs: 20 };
  await expect(followBoots(rig.request, "betta", options)).rejects.toThrow("there is no host betta");
  await expect(followBoots(rig.request, "0loyw3v28-000000", options)).rejects.toThrow("there was no boot");
});

test("boots are listed, the last one first, and one of them is shown stage by stage", async () => {
  await boot();
  await boot();
  await rig.script(OTHER, MORE);
  const [title = "", ...lines] = await listBoots(rig.request, undefined, { json: false });
  expect(title).toMatch(/^BOOT +HOST +BEGAN +OUTCOME +STAGE +FETCHED AFTER +SENT +MAC +ADDRESS +GENERATION$/);
  expect(lines).toEqual([
    expect.stringMatching(/ - +.* turned away +script: stranger: hold .* 52:54:00:12:34:57 +127.0.0.1/),
    expect.stringMatching(/ 52-54-00-12-34-56 +.* handed over +initrd .*-kexec-tree$/),
    expect.stringMatching(/ 52-54-00-12-34-56 +.* handed over +initrd .*-kexec-tree$/),
  ]);
  expect(await listBoots(rig.request, "5254.0012.3456", { json: false })).toHaveLength(3);
  expect(await listBoots(rig.request, "52-54-00-12-34-56", { json: false })).toHaveLength(3);
  const [, last = ""] = lines;
  const [id = ""] = last.split(" ");

  const shown = await listBoots(rig.request, id, { json: false, width: 100 });
  expect(shown[0]).toMatch(
    /^52-54-00-12-34-56 \(52:54:00:12:34:56, 127\.0\.0\.1\): handed over, everything fetched after .* \(as a rule .*, of 1\)$/,
  );
  expect(shown.slice(3)).toEqual([
    expect.stringMatching(/^ *\+\d+ ms {2}script +[█·]+ +0 ms +~0 ms/),
    expect.stringMatching(/^ *\+\d+ ms {2}kernel +[█·]+ .*B, [bi]/),
    expect.stringMatching(/^ *\+\d+ ms {2}initrd +[█·]+ .*B, [bi]/),
  ]);
  expect(shown.slice(3).every((line) => line.length <= 100)).toBe(true);
  const [json = ""] = await listBoots(rig.request, id, { json: true });
  expect(sessionDetail.parse(JSON.parse(json))).toMatchObject({
    id,
    facts: { product: "X11" },
    program: "ipxe",
  });
});

describe("the API", () => {
  test("lists boots a page at a time, by host, machine and outcome", async () => {
    const all = sessions.parse(await get("sessions")).sessions;
    expect(all).toHaveLength(3);
    const [, second] = all;
    const older = sessions.parse(await get(`sessions?before=${second?.id}&limit=1`)).sessions;
    expect(older.map(({ id }) => id)).toEqual([all[2]?.id]);
    const paged: unknown[] = [];
    let path: string | undefined = "sessions?limit=2";
    while (path !== undefined) {
      const page = sessions.parse(await get(path));
      paged.push(...page.sessions.map(({ id }) => id));
      path = page.next === undefined ? undefined : `sessions?limit=2&cursor=${page.next}`;
    }
    expect(paged).toEqual(all.map(({ id }) => id));
    expect(await get("sessions?limit=3")).not.toHaveProperty("next");
    expect((await get("sessions?cursor=bm9uc2Vuc2U")).code).toBe("invalid");
    expect((await get("sessions?outcome=turned-away")).sessions).toMatchObject([{ mac: OTHER }]);
    expect((await get(`sessions?mac=52-54-00-12-34-56&outcome=turned-away`)).sessions).toEqual([]);
    expect((await get("sessions?before=nonsense")).code).toBe("invalid");
  });

  test("tells what the stages of a host's boots take as a rule", async () => {
    expect(await get("hosts/52-54-00-12-34-56/medians")).toMatchObject({
      boots: 2,
      totalMs: expect.any(Number),
      stages: [
        { stage: "script", boots: 2 },
        { stage: "kernel", boots: 2 },
        { stage: "initrd", boots: 2 },
      ],
    });
    expect(await get("hosts/nobody/medians")).toEqual({ boots: 0, stages: [] });
  });

  test("knows the boots of before a restart", async () => {
    const before = await get("sessions");
    await rig.restart();
    expect(await get("sessions")).toEqual(before);
  });
});

test("who follows sees each boot as it goes on, and how it ends", async () => {
  const lines: string[] = [];
  const stop = new AbortController();
  const seen = Promise.withResolvers<void>();
  const write = (text: string) => {
    lines.push(text.trimEnd());
    if (text.includes("handed over")) seen.resolve();
  };
  const options = { json: false, signal: stop.signal, stream: { write }, everyMs: 20 };
  const following = followBoots(rig.request, undefined, options);
  await boot(1);
  await boot();
  await Promise.race([seen.promise, following]);
  stop.abort();
  await following;
  expect(lines.at(-1)).toMatch(/52-54-00-12-34-56 {2}handed over, everything fetched after/);
});

/** The command as it runs, and what it has written. */
function follow(what: string | undefined, json = false, request = rig.request) {
  const stop = new AbortController();
  const lines: string[] = [];
  const onLine = new Set<() => void>();
  const write = (text: string) => {
    lines.push(...text.trimEnd().split("\n"));
    for (const look of onLine) look();
  };
  const over = followBoots(request, what, { json, signal: stop.signal, stream: { write }, everyMs: 20 });
  return {
    lines,
    over,
    async wait(pattern: RegExp): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => lines.some((line) => pattern.test(line)) && resolve();
      onLine.add(look);
      look();
      await Promise.race([promise, over.then(() => Promise.reject(new Error("it ended")))]);
    },
    async stop() {
      stop.abort();
      await over;
    },
  };
}

test("one boot is followed until it ends, and one that is over is told", async () => {
  const [kernel = "", initrd = ""] = await begin();
  await (await fetch(kernel)).arrayBuffer();
  const [{ id }] = (await get("sessions?limit=1")).sessions;
  const followed = follow(id);
  await followed.wait(new RegExp(`^${id} .* kernel$`));
  await rig.script(OTHER, MORE);
  await (await fetch(initrd)).arrayBuffer();
  await followed.over;
  expect(followed.lines.every((line) => line.startsWith(`${id}  52-54-00-12-34-56  `))).toBe(true);
  expect(followed.lines.at(-1)).toMatch(/handed over, everything fetched after/);

  const later = follow(id, true);
  await later.over;
  const rows: { readonly id: string }[] = (await get("sessions?limit=5")).sessions;
  expect(later.lines.map((line) => JSON.parse(line))).toEqual(rows.filter((row) => row.id === id));
});

test("who follows is told once that the server has gone, and goes on when it is back", async () => {
  const followed = follow(undefined);
  await boot(1);
  await followed.wait(/kernel$/);
  const port = rig.app.served.admin?.port;
  // A restart may be over before it asks again.
  await rig.app.stop();
  await followed.wait(/^\d\d:\d\d:\d\d {2}- the connection is lost -$/);
  await rig.restart({ admin: `127.0.0.1:${port}` });
  await boot(2);
  await followed.wait(/handed over/);
  await followed.stop();
  expect(followed.lines.filter((line) => /lost/.test(line))).toHaveLength(1);
});

test("a host that was removed from the configuration is known by its boots", async () => {
  const host = "52-54-00-12-34-56";
  const gone = rig.log.wait("withdrawn");
  unlinkSync(join(rig.media.folder, "boot-media/hosts", host));
  await gone;
  expect((await rig.send("GET", `/api/v1/hosts/${host}`)).status).toBe(404);
  expect(await listBoots(rig.request, host, { json: false })).not.toEqual([]);
  const followed = follow(host);
  await rig.script(OTHER, MORE);
  await followed.stop();
});

describe("the screen", () => {
  const row: SessionRow = {
    ...{ id: "0loyw3v28-000000", mac: MAC, host: "beta", via: "netboot", outcome: "under-way", scripts: 1 },
    ...{ start: "2026-01-01T00:00:00.000Z", last: "2026-01-01T00:00:10.000Z", sentBytes: 5 },
    step: { stage: "initrd", start: "2026-01-01T00:00:08.000Z", sizeBytes: 4 << 20, sentBytes: 1 << 20 },
  };
  const nowMs = Date.parse("2026-01-01T00:00:10.000Z");

  function record(isTTY: boolean, json = false) {
    const written: string[] = [];
    const write = (text: string) => void written.push(text);
    return { written, screen: createBootsScreen({ isTTY, columns: 100, rows: 24, write }, { json }) };
  }

  test("of a terminal has a line for each boot under way, which is written over", () => {
    const { written, screen } = record(true);
    screen.show([row], nowMs);
    screen.show([{ ...row, outcome: "checked-in", fetchedAfterMs: 12_000 }], nowMs + 1000);
    expect(written).toEqual([
      "\r\x1b[Jbeta                 10.0 s  █████░░░░░░░░░░░░░░░  initrd 25 % of 4.0 MiB, 512 KiB/s\n",
      "\x1b[1A\r\x1b[J0loyw3v28-000000  beta  up, everything fetched after 12.0 s\n",
    ]);
  });

  test("elsewhere says each change once, and nothing of boots that were over before", () => {
    const { written, screen } = record(false);
    const over: SessionRow = { ...row, id: "0loyw3v27-000000", outcome: "failed" };
    screen.show([row, over], nowMs);
    screen.show(
      [{ ...row, step: { ...row.step, stage: "initrd", start: row.step?.start ?? "", sentBytes: 9 } }, over],
      nowMs,
    );
    screen.show(
      [{ ...row, outcome: "failed", step: { stage: "initrd", start: row.start, result: "timed-out" } }, over],
      nowMs,
    );
    expect(written).toEqual([
      "0loyw3v28-000000  beta  initrd 25 % of 4.0 MiB\n",
      "0loyw3v28-000000  beta  failed at initrd: timed-out\n",
    ]);
  });

  test("of a terminal says below the boots that the connection is lost, as long as it is", () => {
    const { written, screen } = record(true);
    screen.show([row], nowMs);
    screen.lose(nowMs);
    screen.show([row], nowMs);
    expect(written.slice(1)).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d {2}- the connection is lost -\n$/),
      expect.stringContaining("\x1b[2A\r\x1b[Jbeta "),
    ]);
  });

  test("for programs writes each change as JSON", () => {
    const { written, screen } = record(true, true);
    screen.show([row], nowMs);
    screen.lose(nowMs);
    expect(written.map((line) => JSON.parse(line))).toEqual([row]);
  });
});
