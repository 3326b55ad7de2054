import { get } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { publicEvent } from "../../src/web/schema/events.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { homestakeros } from "../support/image-folders.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = await startAdminRig();
});
afterEach(() => rig.stop());

const WITHIN_MS = 10_000;

/** A connection to the stream, from which one can wait for an event. */
function listen(query = "", headers: Readonly<Record<string, string>> = {}) {
  let text = "";
  const onMore = new Set<() => void>();
  const ended = Promise.withResolvers<void>();
  const port = rig.app.served.admin?.port ?? 0;
  const asked = get({ host: "127.0.0.1", port, path: `/api/v1/events${query}`, headers }, (response) => {
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
      for (const look of onMore) look();
    });
    response.on("error", () => {});
    response.on("close", () => ended.resolve());
  });
  asked.on("error", () => ended.resolve());
  const all = () =>
    text
      .split("\n\n")
      .slice(0, -1)
      .flatMap((block) => {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        const id = /^id: (.*)$/m.exec(block)?.[1];
        return data === undefined ? [] : [{ id, event: publicEvent.parse(JSON.parse(data)) }];
      });
  return {
    all,
    ended: ended.promise,
    stop: () => asked.destroy(),
    async wait(type: string) {
      const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof all>[number]>();
      const giveUp = setTimeout(() => reject(new Error(`no ${type} in ${text}`)), WITHIN_MS);
      const look = () => {
        const found = all().find(({ event }) => event.type === type);
        if (found !== undefined) resolve(found);
      };
      onMore.add(look);
      look();
      return promise.finally(() => clearTimeout(giveUp));
    },
  };
}

test("what happens is told as it happens, taken up again where it was lost, and with a gap after a restart", async () => {
  const first = listen();
  await first.wait("hello");
  rig.media.link("beta", rig.media.store(homestakeros("init=/beta/init")));
  const { id = "" } = await first.wait("published");
  first.stop();
  await first.ended;
  await rig.script("52-54-00-12-34-56");
  const again = listen("", { "Last-Event-ID": id });
  expect((await again.wait("script")).event).toMatchObject({
    mac: "52:54:00:12:34:56",
    address: "127.0.0.1",
  });
  expect(again.all().filter(({ event }) => event.type === "published")).toEqual([]);

  // A browser that opens a connection anew by itself cannot set the header.
  const anew = listen(`?after=${id}`);
  expect((await anew.wait("script")).event).toMatchObject({ mac: "52:54:00:12:34:56" });
  expect(anew.all().filter(({ event }) => event.type === "published")).toEqual([]);
  anew.stop();

  await rig.restart();
  await again.ended;
  const later = listen("", { "Last-Event-ID": id });
  await later.wait("gap");
  later.stop();
});

test("only what is asked for comes", async () => {
  const one = listen("?types=approved,gap&mac=525400123456");
  await one.wait("hello");
  await rig.script("52-54-00-12-34-56");
  for (const mac of ["52:54:00:00:00:01", "52:54:00:12:34:56"]) {
    const headers = { "Content-Type": "application/json" };
    await rig.send("POST", `/api/v1/machines/${mac}/approve`, { headers, body: '{"host":"beta"}' });
  }
  expect((await one.wait("approved")).event).toMatchObject({ mac: "52:54:00:12:34:56" });
  expect(one.all().map(({ event }) => event.type)).toEqual(["hello", "approved"]);
  one.stop();
});

test("a question that makes no sense, and one without a body, end at once", async () => {
  expect((await rig.send("GET", "/api/v1/events?mac=x")).status).toBe(400);
  const head = await rig.send("HEAD", "/api/v1/events");
  expect([head.status, head.headers["content-type"]]).toEqual([200, "text/event-stream; charset=utf-8"]);
});

test("a type that there is not is refused with those that there are, and not waited for", async () => {
  const { status, text } = await rig.send("GET", "/api/v1/events?types=session,bogus");
  expect(status).toBe(400);
  expect(JSON.parse(text)).toMatchObject({
    code: "invalid",
    detail: expect.stringMatching(/^types: 'bogus' is none, want types of events, .*: dhcp, .*session/),
  });
  expect((await rig.send("GET", "/api/v1/events?types=")).status).toBe(400);
});

test("the last moment that a node's clock can say is shown to who listens, and what is after it is no report", async () => {
  const published = rig.log.wait("published");
  rig.media.link("beta", rig.media.store(homestakeros("init=/beta/init")));
  await published;
  const headers = { "Content-Type": "application/json" };
  await rig.send("POST", "/api/v1/machines/525400123456/approve", { headers, body: '{"host":"beta"}' });
  const one = listen();
  await one.wait("hello");
  const script = await rig.script("52-54-00-12-34-56");
  const checkIn = /http:\S+\/checkin\/[^\s/?]+/.exec(script)?.[0] ?? "";
  const say = async (clock: string) =>
    (await fetch(checkIn, { method: "POST", body: new URLSearchParams({ clock }) })).status;
  // A date could still hold the first of them, and not the others.
  for (const clock of ["253402300800", "8640000000001", "8700000000000", "9007199254740", "1e300"]) {
    expect(await say(clock)).toBe(400);
  }
  expect(await say("253402300799")).toBe(204);
  const { event } = await one.wait("checked-in");
  expect(event).toMatchObject({ mac: "52:54:00:12:34:56" });
  const { sessions } = JSON.parse((await rig.send("GET", "/api/v1/sessions")).text);
  const shown = await rig.send("GET", `/api/v1/sessions/${sessions[0].id}`);
  expect(shown.status).toBe(200);
  expect(JSON.parse(shown.text).checkIn).toMatchObject({ clock: "9999-12-31T23:59:59.000Z" });
  one.stop();
});
