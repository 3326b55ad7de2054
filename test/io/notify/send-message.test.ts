import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { composeMessage } from "../../../src/boot/notify/message.ts";
import { sendMessage } from "../../../src/io/notify/send-message.ts";
import { alert, START_MS, target } from "../../support/alerts.ts";
import { type HookReceiver, startHookReceiver, withStatus } from "../../support/hook-receiver.ts";
import { tempFolder } from "../../support/temp-folder.ts";

let receiver: HookReceiver;
beforeEach(async () => {
  receiver = await startHookReceiver();
});
afterEach(() => receiver.close());

const message = composeMessage("id-1", START_MS, [alert({ text: 'grüße, "quotes" and a … dot' })]);

function fileWith(text: string): string {
  const file = join(tempFolder(), "secret");
  writeFileSync(file, text);
  return file;
}

test("a signed message verifies with openssl alone, over its time and its very bytes", async () => {
  const secretFile = fileWith("s3cret\n");
  const answer = await sendMessage(target({ url: receiver.url, secretFile }), message, { nowMs: START_MS });
  expect(answer).toEqual({ type: "status", status: 200, text: "ok" });
  const [got] = receiver.received;
  const signature = String(got?.headers["x-mayfly-signature"]);
  const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
  expect(seconds).toBe("1700000000");
  const said = execFileSync("openssl", ["dgst", "-sha256", "-hmac", "s3cret"], {
    input: `${seconds}.${got?.body}`,
    encoding: "utf8",
  });
  expect(said.trim().split("= ").at(-1)).toBe(hex);
  expect(got?.headers).toMatchObject({ "content-type": "application/json", "x-mayfly-delivery": "id-1" });
});

test("without a secret there is no signature, and the other formats are never signed", async () => {
  await sendMessage(target({ url: receiver.url }), message, { nowMs: START_MS });
  const ntfy = target({ url: receiver.url, format: "ntfy", secretFile: fileWith("tk_1") });
  await sendMessage(ntfy, message, { nowMs: START_MS });
  expect(receiver.received.map(({ headers }) => headers["x-mayfly-signature"])).toEqual([
    undefined,
    undefined,
  ]);
  expect(receiver.received[1]).toMatchObject({ path: "/", headers: { authorization: "Bearer tk_1" } });
});

test("a redirection is not followed, so that nobody gets what is for another one", async () => {
  receiver.answer(withStatus(307, { Location: receiver.url.replace("hook", "elsewhere") }));
  expect(await sendMessage(target({ url: receiver.url }), message, { nowMs: START_MS })).toMatchObject({
    status: 307,
  });
  expect(receiver.received.map(({ path }) => path)).toEqual(["/hook"]);
});

test.each([
  ["30", 30_000],
  ["Tue, 14 Nov 2023 22:14:20 GMT", 60_000],
])("Retry-After: %s is read", async (header, ms) => {
  receiver.answer(withStatus(429, { "Retry-After": header }, "slow down"));
  expect(await sendMessage(target({ url: receiver.url }), message, { nowMs: START_MS })).toEqual({
    ...{ type: "status", status: 429, text: "slow down", retryAfterMs: ms },
  });
});

test("whoever takes it and never answers is not waited for", async () => {
  receiver.answer(() => {});
  const answer = await sendMessage(target({ url: receiver.url }), message, {
    nowMs: START_MS,
    timeoutMs: 50,
  });
  expect(answer).toMatchObject({ type: "error", reason: expect.stringContaining("no answer within 0.05 s") });
});

test("of an endless answer no more than its beginning is read", async () => {
  receiver.answer((response) => {
    const more = () => response.write("x".repeat(4096), () => response.destroyed || setImmediate(more));
    more();
  });
  const answer = await sendMessage(target({ url: receiver.url }), message, { nowMs: START_MS });
  expect(answer).toMatchObject({ status: 200, text: "x".repeat(200) });
});

test("an error tells the host and never the path or the secret, which an answer may repeat", async () => {
  const url = receiver.url.replace("/hook", "/services/T0/SECRET");
  receiver.answer(withStatus(403, {}, `no ${url} with tk_9`));
  const secretFile = fileWith("tk_9");
  const refused = await sendMessage(target({ url, secretFile }), message, { nowMs: START_MS });
  expect(JSON.stringify(refused)).not.toMatch(/SECRET|tk_9/);
  await receiver.close();
  const gone = await sendMessage(target({ url }), message, { nowMs: START_MS });
  expect(gone).toMatchObject({
    type: "error",
    reason: expect.stringMatching(/^127\.0\.0\.1:\d+: ECONNREFUSED$/),
  });
  receiver = await startHookReceiver();
});

test("an address can come from a file; one that is not there, or empty, is told by name", async () => {
  const { url: _url, ...rest } = target();
  await sendMessage({ ...rest, urlFile: fileWith(`${receiver.url}\n`) }, message, { nowMs: START_MS });
  expect(receiver.received).toHaveLength(1);
  const missing = await sendMessage({ ...rest, urlFile: "/nowhere/url" }, message, { nowMs: START_MS });
  expect(missing).toMatchObject({ type: "error", reason: expect.stringContaining("/nowhere/url") });
  const empty = await sendMessage({ ...rest, urlFile: fileWith("  \n") }, message, { nowMs: START_MS });
  expect(empty).toMatchObject({ reason: expect.stringContaining("is empty") });
});

test("a file with more than one line is refused: what of it is meant nobody knows", async () => {
  const { url: _url, ...rest } = target();
  const urlFile = fileWith(`${receiver.url}\nsecond line\n`);
  expect(await sendMessage({ ...rest, urlFile }, message, { nowMs: START_MS })).toEqual({
    type: "error",
    reason: `${urlFile} holds more than one line`,
  });
  const secretFile = fileWith("to\nken");
  for (const format of ["json", "ntfy"] as const) {
    const given = target({ url: receiver.url, format, secretFile });
    expect(await sendMessage(given, message, { nowMs: START_MS })).toEqual({
      type: "error",
      reason: `${secretFile} holds more than one line`,
    });
  }
  expect(receiver.received).toEqual([]);
});

test.each(["http://user:s3cret@127.0.0.1:9/x", "ftp://s3cret/", "s3cret", "http://"])(
  "an address in a file that will not do, %j, is told without it",
  async (text) => {
    const { url: _url, ...rest } = target();
    const urlFile = fileWith(`${text}\n`);
    expect(await sendMessage({ ...rest, urlFile }, message, { nowMs: START_MS })).toEqual({
      type: "error",
      reason: `${urlFile} holds no address with http or https, without a user's name`,
    });
  },
);

test.each(["to ken", "to\tken", "tokén", "to\u0007ken"])(
  "a token that no header may hold, %j, is told without it",
  async (secret) => {
    const secretFile = fileWith(secret);
    const given = target({ url: receiver.url, format: "ntfy", secretFile });
    expect(await sendMessage(given, message, { nowMs: START_MS })).toEqual({
      type: "error",
      reason: `${secretFile} holds no access token: that is letters, digits and signs of ASCII, without a space`,
    });
    expect(receiver.received).toEqual([]);
  },
);

test("what is signed with may be any line", async () => {
  const secretFile = fileWith("correct hörse battery\n");
  const answer = await sendMessage(target({ url: receiver.url, secretFile }), message, { nowMs: START_MS });
  expect(answer).toMatchObject({ status: 200 });
});

test("an answer that repeats a part of the address, or holds the secret where it is cut, does not show it", async () => {
  const url = receiver.url.replace("/hook", "/services/T0PIC-123?key=K3Y-45678");
  const secretFile = fileWith("tk_123456789");
  receiver.answer(
    withStatus(200, {}, `Cannot POST /services/T0PIC-123?key=K3Y-45678 {"topic":"T0PIC-123"} K3Y-45678`),
  );
  const said = await sendMessage(target({ url, secretFile }), message, { nowMs: START_MS });
  expect(JSON.stringify(said)).not.toMatch(/T0PIC-123|K3Y/);
  receiver.answer(withStatus(200, {}, `${"x".repeat(195)}tk_123456789`));
  const cut = await sendMessage(target({ url, secretFile }), message, { nowMs: START_MS });
  expect(cut).toMatchObject({ text: `${"x".repeat(195)}…` });
});
