import { afterEach, beforeEach, expect, test } from "vitest";
import { followEvents } from "../../src/commands/events.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { startFrozenProxy } from "../support/frozen-proxy.ts";
import { startGateway } from "../support/gateway.ts";

const MAC = "52:54:00:12:34:56";
let rig: AdminRig;
beforeEach(async () => {
  rig = await startAdminRig();
});
afterEach(() => rig.stop());

const WITHIN_MS = 10_000;

/** The command as it runs: what it has printed, and a wait for a line. */
function follow(
  options: {
    readonly who?: string;
    readonly types?: string;
    readonly json?: boolean;
    readonly width?: () => number;
    readonly patienceMs?: number;
  } = {},
  request = rig.request,
) {
  const controller = new AbortController();
  const lines: string[] = [];
  const onLine = new Set<() => void>();
  const over = followEvents(request, {
    json: false,
    ...options,
    signal: controller.signal,
    retryMs: 10,
    print(line) {
      lines.push(line);
      for (const look of onLine) look();
    },
  });
  return {
    lines,
    over,
    wait(pattern: RegExp): Promise<void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const giveUp = setTimeout(() => reject(new Error(`no ${pattern} in ${lines.join("\n")}`)), WITHIN_MS);
      const look = () => lines.some((line) => pattern.test(line)) && resolve();
      onLine.add(look);
      look();
      return Promise.race([promise, over.then(() => reject(new Error("it ended")))]).finally(() =>
        clearTimeout(giveUp),
      );
    },
    async stop() {
      controller.abort();
      await over;
    },
  };
}

test("a line is no longer than the terminal, and nothing of it is lost", async () => {
  const shown = follow({ width: () => 50 });
  const asking = setInterval(() => void rig.script(MAC).catch(() => {}), 50);
  try {
    await shown.wait(/^ {10}\S/);
    expect(shown.lines.filter((line) => line.length > 50)).toEqual([]);
  } finally {
    clearInterval(asking);
    await shown.stop();
  }
});

test("what happens is told as the log has it, and goes on after the server was restarted", async () => {
  const shown = follow();
  // Nothing tells from outside that somebody listens, so the machine asks until it is heard.
  const asking = setInterval(() => void rig.script(MAC).catch(() => {}), 50);
  try {
    await shown.wait(new RegExp(`^\\d\\d:\\d\\d:\\d\\d {2}.*${MAC}.*waits`));
    const port = rig.app.served.admin?.port;
    await rig.restart({ admin: `127.0.0.1:${port}` });
    await shown.wait(/some events were lost/);
    expect(shown.lines.filter((line) => /connection is lost/.test(line)).length).toBe(1);
  } finally {
    clearInterval(asking);
    await shown.stop();
  }
});

test("a connection on which nothing comes any more, though nobody closed it, is taken up anew where it was", async () => {
  const proxy = await startFrozenProxy(rig.app.served.admin?.port ?? 0);
  const request = { ...rig.request, flags: { admin: `127.0.0.1:${proxy.port}` } };
  const shown = follow({ patienceMs: 500 }, request);
  let count = 0;
  const say = () => rig.app.world.record({ type: "notice", level: "info", text: `number ${++count}.` });
  const saying = setInterval(say, 20);
  try {
    await shown.wait(/number \d+\./);
    proxy.freeze();
    await shown.wait(/connection is lost/);
    const heard = count;
    await shown.wait(new RegExp(`number ${heard + 20}\\.`));
  } finally {
    clearInterval(saying);
    await shown.stop();
    await proxy.close();
  }
  const numbers = shown.lines.flatMap((line) => /number (\d+)\./.exec(line)?.[1] ?? []).map(Number);
  const [first = 0] = numbers;
  expect(numbers).toEqual(numbers.map((_, index) => first + index));
  expect(shown.lines.filter((line) => /events were lost/.test(line))).toEqual([]);
});

test.each([502, 503, 504])(
  "a proxy that answers %d while the server is restarted is waited behind",
  async (status) => {
    const gateway = await startGateway(() => rig.app.served.admin?.port ?? 0);
    const request = { ...rig.request, flags: { admin: `127.0.0.1:${gateway.port}` } };
    const shown = follow({}, request);
    const asking = setInterval(() => void rig.script(MAC).catch(() => {}), 50);
    try {
      await shown.wait(new RegExp(MAC));
      await gateway.fail(status);
      gateway.mend();
      await rig.script("52:54:00:00:00:99");
      await shown.wait(/52:54:00:00:00:99/);
      expect(shown.lines.filter((line) => /connection is lost/.test(line))).toHaveLength(1);
    } finally {
      clearInterval(asking);
      await shown.stop();
      await gateway.close();
    }
  },
);

test("a proxy without a server behind it is told at once, and as what it is", async () => {
  const gateway = await startGateway(() => 1);
  void gateway.fail(502);
  const request = { ...rig.request, flags: { admin: `127.0.0.1:${gateway.port}` } };
  await expect(follow({}, request).over).rejects.toThrow(/is a proxy that reaches no server \(502\)/);
  await gateway.close();
});

test("as JSON, of one machine, and of the types that are asked for", async () => {
  const shown = follow({ who: "525400123456", types: "script,approved", json: true });
  const asking = setInterval(() => void rig.script(MAC).catch(() => {}), 50);
  try {
    await shown.wait(/"type":"script"/);
    await rig.script("52-54-00-00-00-01");
    const headers = { "Content-Type": "application/json" };
    await rig.send("POST", `/api/v1/machines/${MAC}/approve`, { headers, body: '{"host":"beta"}' });
    await shown.wait(/"type":"approved"/);
  } finally {
    clearInterval(asking);
    await shown.stop();
  }
  const events = shown.lines.map((line) => JSON.parse(line));
  expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["hello", "script", "approved"]));
  expect(events.slice(1).every(({ mac }) => mac === MAC)).toBe(true);
});

test("where no server answers one is told at once, and a slip before anybody is asked", async () => {
  const nobody = { flags: { admin: "127.0.0.1:1" }, env: {}, cwd: rig.media.folder };
  const options = { json: false, signal: new AbortController().signal, print: () => {} };
  await expect(followEvents(nobody, options)).rejects.toThrow("no server answers");
  await expect(followEvents(nobody, { ...options, who: "a b" })).rejects.toThrow("HOST: read 'a b'");
  await expect(followEvents(nobody, { ...options, types: "session,bogus" })).rejects.toThrow(
    /--types: read 'session,bogus', want types of events, separated by commas: dhcp, .*transfer/,
  );
});

test("a host that the server does not know is told, and not waited for", async () => {
  await expect(follow({ who: "betta" }).over).rejects.toThrow("there is no host betta");
});
