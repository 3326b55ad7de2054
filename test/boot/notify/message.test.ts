import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { composeMessage, MAX_LISTED, testMessage } from "../../../src/boot/notify/message.ts";
import { requestOf } from "../../../src/boot/notify/request.ts";
import { FORMATS } from "../../../src/boot/notify/target.ts";
import { alert, nth, START_MS, target } from "../../support/alerts.ts";

const isoTime = (ms: number) => new Date(ms).toISOString();
const means = (url = "https://example.net/hook", secret?: string) => ({
  ...{ url, isoTime },
  ...(secret === undefined ? {} : { secret }),
});
const one = composeMessage("id-1", START_MS, [
  alert({ mac: "52:54:00:12:34:56", boot: "0loyw3v28-abc123", subject: "beta" }),
]);

test("one machine is told by name, with the cause, the boot and the cure", () => {
  expect(one.title).toBe("beta has not booted");
  expect(one.lines).toEqual([
    "beta (52:54:00:12:34:56): it has its script and does not come for the kernel (kernel-not-fetched, " +
      "boot 0loyw3v28-abc123); look whether port 8080 is open on the way",
  ]);
});

test("two hundred machines that fail at once are one message that says so", () => {
  const rack = Array.from({ length: 200 }, (_, i) =>
    alert({ ...nth(i), subject: nth(i).host, cause: i < 150 ? "kernel-not-fetched" : "pool-empty" }),
  );
  const message = composeMessage("id-2", START_MS, rack);
  expect(message).toMatchObject({ title: "200 machines have not booted", count: 200 });
  expect(message.alerts).toHaveLength(MAX_LISTED);
  expect(message.lines[0]).toMatch(
    /^150 × kernel-not-fetched \(node0, node1, node2, node3, node4 and 145 more\): it has its script/,
  );
  expect(message.lines[1]).toMatch(/^50 × pool-empty/);
});

test("trouble and its end have titles of their own", () => {
  const trouble = alert({ kind: "server-trouble", subject: "leases cannot be kept", lasts: true });
  const over = { ...trouble, isOver: true as const, text: "all is well again" };
  expect(composeMessage("a", START_MS, [trouble])).toMatchObject({
    title: "Trouble: leases cannot be kept",
    mood: "bad",
  });
  expect(composeMessage("b", START_MS, [over])).toMatchObject({
    title: "Over: leases cannot be kept",
    mood: "good",
  });
});

describe("as a service takes it", () => {
  test("ntfy: to the server itself, with topic, title, priority, tags and where a click leads", () => {
    const place = target({ format: "ntfy", link: "https://mayfly.example.net" });
    const request = requestOf(place, one, means("https://ntfy.sh/my-topic", "tk_secret"));
    expect(request).toMatchObject({ method: "POST", url: "https://ntfy.sh/" });
    expect(request.headers).toMatchObject({ Authorization: "Bearer tk_secret" });
    expect(JSON.parse(request.body)).toEqual({
      ...{ topic: "my-topic", title: one.title, message: one.lines.join("\n"), priority: 4 },
      ...{ tags: ["rotating_light", "boot-failed"], click: "https://mayfly.example.net" },
    });
  });
  test("ntfy: an address without a topic is refused with the cure", () => {
    expect(() => requestOf(target({ format: "ntfy" }), one, means("https://ntfy.sh/"))).toThrow(
      /names no topic/,
    );
  });
  test("Slack: a text for notifications and blocks, with its three characters escaped", () => {
    const told = composeMessage("x", START_MS, [alert({ text: "a < b & <!channel>" })]);
    const body = JSON.parse(requestOf(target({ format: "slack" }), told, means()).body);
    expect(body.text).toBe(":rotating_light: beta has not booted");
    expect(body.blocks[0]).toMatchObject({ type: "header", text: { type: "plain_text" } });
    expect(body.blocks[1].text.text).toContain("a &lt; b &amp; &lt;!channel&gt;");
  });
  test("Matrix: an event in a room, whose transaction is the message, so that twice is once", () => {
    const place = target({ format: "matrix", room: "!r/1:example.net" });
    const request = requestOf(place, one, means("https://matrix.example.net/", "syt_secret"));
    expect(request).toMatchObject({
      method: "PUT",
      url: "https://matrix.example.net/_matrix/client/v3/rooms/!r%2F1%3Aexample.net/send/m.room.message/id-1",
    });
    expect(request.headers).toMatchObject({ Authorization: "Bearer syt_secret" });
    expect(JSON.parse(request.body)).toMatchObject({
      ...{ msgtype: "m.text", format: "org.matrix.custom.html" },
      formatted_body: expect.stringMatching(/^<strong>beta has not booted<\/strong><br>beta \(/),
    });
  });
  test("JSON: everything that is known of each, and no key of ours", () => {
    const { headers, body } = requestOf(target(), one, means());
    expect(headers).toMatchObject({ "X-Mayfly-Event": "boot-failed", "X-Mayfly-Delivery": "id-1" });
    expect(JSON.parse(body)).toMatchObject({
      ...{
        version: 1,
        id: "id-1",
        event: "boot-failed",
        at: "2023-11-14T22:13:20.000Z",
        mood: "bad",
        count: 1,
      },
      alerts: [{ subject: "beta", cause: "kernel-not-fetched", over: false, hosts: ["beta"] }],
    });
    expect(JSON.parse(body).alerts[0]).not.toHaveProperty("key");
  });
});

test("whatever machines say of themselves, each service's limits are kept and no line is broken", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", maxLength: 3000 }), { minLength: 1, maxLength: 30 }),
      fc.constantFrom(...FORMATS),
      (texts, format) => {
        const alerts = texts.map((text, i) => alert({ text, cause: `c${i}`, subject: text.slice(0, 80) }));
        const message = composeMessage("id", START_MS, alerts);
        expect(message.lines.every((line) => !/[\r\n]/.test(line))).toBe(true);
        const url = format === "ntfy" ? "https://ntfy.sh/t" : "https://example.net/";
        const { body } = requestOf(target({ format, room: "!r:x" }), message, means(url));
        const read = JSON.parse(body);
        if (format === "ntfy") expect(Buffer.byteLength(read.message)).toBeLessThanOrEqual(4096);
        if (format === "slack") {
          expect(read.blocks[0].text.text.length).toBeLessThanOrEqual(150);
          expect(read.blocks[1].text.text.length).toBeLessThanOrEqual(3000);
        }
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(format === "json" ? 1_000_000 : 60_000);
      },
    ),
    { numRuns: 60 },
  );
});

test("a test message says that nothing has happened", () => {
  expect(testMessage("t", START_MS).lines.join()).toContain("Nothing has happened");
});
