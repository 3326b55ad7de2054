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
