/** What a forge's hook costs the server when those send it who know no secret. */

import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import express, { type NextFunction, type Request, type Response } from "express";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Admin } from "../../src/web/admin.ts";
import { HOOK_PATH, mountBuildHook } from "../../src/web/build-hook.ts";
import { Problem, sendProblem } from "../../src/web/problem.ts";

const SECRET = "hush";
const MB = 1024 * 1024;
const SIGNED = { "X-Hub-Signature-256": `sha256=${"a".repeat(64)}` };

let server: Server;
const sockets = new Set<Socket>();
const builds = { hookSecret: async () => SECRET, targets: () => [] };

async function start(withinMs?: number): Promise<void> {
  const app = express();
  mountBuildHook(app, { builds: builds as unknown as Admin["builds"] }, withinMs);
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    sendProblem(response, error instanceof Problem ? error : new Problem("failed", String(error)));
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}
beforeEach(() => start());
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((resolve) => server.close(resolve));
});

/** Sends what is given, and no more of the body than that. */
function begin(headers: Readonly<Record<string, string>>, body = "") {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  sockets.add(socket);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write([`POST ${HOOK_PATH} HTTP/1.1`, "Host: localhost", ...lines, "", body].join("\r\n"));
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const answer = new Promise<string>((resolve) => socket.once("data", (data) => resolve(data.toString())));
  return { socket, closed, answer };
}
const announced = (bytes: number) => ({ "Content-Length": String(bytes) });
const push = (body: string) => ({
  ...announced(body.length),
  "X-Hub-Signature-256": `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
  "X-GitHub-Event": "ping",
});

/** Asks until it is so, a few hundred times at the most. */
async function until(status: number): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const { answer, socket } = begin(push("{}"), "{}");
    const text = await answer;
    socket.destroy();
    if (text.startsWith(`HTTP/1.1 ${status} `)) return text;
  }
  throw new Error(`never ${status}`);
}

test.each([
  ["nobody has signed", {}],
  ["is signed in another way", { "X-Hub-Signature": "sha1=abc" }],
  ["comes with another token", { "X-Gitlab-Token": "guess" }],
])("a body that %s is refused before it is read", async (_what, headers) => {
  const { answer } = begin({ ...announced(8 * MB), ...headers }, "x");
  expect(await answer).toMatch(/^HTTP\/1\.1 401 /);
});

test("one that is announced as too large is refused before it is read", async () => {
  const { answer } = begin({ ...announced(8 * MB + 1), ...SIGNED }, "x");
  expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
});

test("one that is packed is refused: what is announced says nothing of how large it becomes", async () => {
  const { answer } = begin({ ...push("{}"), "Content-Encoding": "gzip" }, "{}");
  expect(await answer).not.toMatch(/^HTTP\/1\.1 200 /);
});

test("only so many bytes are read at the same time, and the next one is told when to come back", async () => {
  const large = [
    begin({ ...announced(8 * MB), ...SIGNED }),
    begin({ "Transfer-Encoding": "chunked", ...SIGNED }),
  ];
  const text = await until(503);
  expect(text).toMatch(/\r\nRetry-After: \d+\r\n/i);
  expect(text).toContain('"code":"busy"');
  large[0]?.socket.destroy();
  await until(200);
});

test("many usual ones are read at the same time", async () => {
  const bodies = Array.from({ length: 100 }, (_, i) => `{"n":${i},"x":"${"x".repeat(50_000)}"}`);
  const all = bodies.map((body) => ({ body, ...begin(push(body), body.slice(0, 10)) }));
  // All of them are under way before the first one ends.
  for (const { socket, body } of all) socket.write(body.slice(10));
  for (const { answer } of all) expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
});

test("one that does not end in time is ended, and its room is free again", async () => {
  await new Promise((resolve) => server.close(resolve));
  await start(50);
  const slow = [1, 2].map(() => begin({ ...announced(8 * MB), ...SIGNED }, "x"));
  await Promise.all(slow.map(({ closed }) => closed));
  await until(200);
});
