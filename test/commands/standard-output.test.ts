/** Commands whose reader goes before they have said all, as in `mayfly events | head`, run as users run them. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { tempFolder } from "../support/temp-folder.ts";

const BIN = fileURLToPath(new URL("../../bin/mayfly.js", import.meta.url));
const WITHIN_MS = 20_000;

let rig: AdminRig;
beforeAll(async () => {
  rig = await startAdminRig();
});
afterAll(() => rig.stop());

function start(args: readonly string[], stdout: "pipe" | number = "pipe") {
  const env = { ...process.env, MAYFLY_ADMIN: String(rig.request.flags.admin) };
  const child = spawn(process.execPath, [BIN, ...args], {
    ...{ cwd: tempFolder(), env, stdio: ["ignore", stdout, "pipe"], timeout: WITHIN_MS },
  });
  let said = "";
  child.stderr?.on("data", (chunk: Uint8Array) => {
    said += Buffer.from(chunk).toString();
  });
  const ended = once(child, "close").then(([code]) => ({ code, said }));
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, ended };
}

/** Machines ask, one after the other, so that there is something to tell. */
async function whileMachinesBoot<Result>(work: Promise<Result>): Promise<Result> {
  let count = 0;
  const asking = setInterval(() => {
    const mac = `52:54:00:00:${String(Math.floor(count / 90) + 10)}:${String((count++ % 90) + 10)}`;
    void rig.script(mac).catch(() => {});
  }, 50);
  return work.finally(() => clearInterval(asking));
}

test.each([["events"], ["boots -f"], ["boots -f --json"]])(
  "mayfly %s ends quietly, as a shell expects it, when its reader has gone",
  async (line) => {
    const { child, ended } = start(line.split(" "));
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await whileMachinesBoot(ended)).toEqual({ code: 141, said: "" });
  },
);

test("an answer that cannot be written is not called a success", async () => {
  const { ended } = start(["machines"], openSync("/dev/full", "w"));
  expect(await ended).toEqual({
    code: 1,
    said: expect.stringMatching(/^mayfly: standard output cannot be written: ENOSPC/),
  });
});

test("a server goes on, whoever reads what it says when it is ready", async () => {
  const port = await freePort();
  const flags = ["--interface", "lo", "--dhcp", "off", "--tftp-port", "0", "--admin", "127.0.0.1:0"];
  const { child, ended } = start(["serve", ...flags, "--http-port", String(port)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
  await expect.poll(ready, { timeout: WITHIN_MS }).toBe(200);
  for (let count = 0; count < 10; count++) await fetch(`http://127.0.0.1:${port}/nothing/${count}`);
  expect(await ready()).toBe(200);
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 0 });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
