/** A server whose log goes to a disk that is full: a real one, in a mount namespace, filled by a stranger. */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Program, startProgram } from "../../src/lab/program.ts";
import { MAYFLY } from "../support/mayfly-server.ts";
import { tempFolder } from "../support/temp-folder.ts";

// It takes root to mount; where tests are complete, root is there.
const lacking = process.getuid?.() !== 0 && process.env.CI === undefined;

const ARGS = "--interface lo --dhcp off --http-port 0 --tftp-port 0 --admin 127.0.0.1:0";
const REQUESTS = 4000;
const WITHIN_MS = 30_000;

/** The server on a disk of its own, `disk`, of 64 KiB; where it answers machines. */
async function serveWith(log: string): Promise<{ server: Program; url: string; cwd: string }> {
  const cwd = tempFolder();
  mkdirSync(join(cwd, "disk"));
  const script = `mount -t tmpfs -o size=64k none disk && exec "$NODE" "$MAYFLY" serve ${ARGS} 2>>${log}`;
  const options = { cwd, env: { NODE: process.execPath, MAYFLY } };
  const server = await startProgram(["unshare", "--mount", "sh", "-c", script], options);
  onTestFinished(async () => void (await server.stop()));
  const [, url = ""] = await server.waitFor(/^mayfly is ready: (\S+)/m, WITHIN_MS);
  return { server, url, cwd };
}

test.skipIf(lacking)(
  "a full disk of its log neither ends the server nor keeps it from starting",
  async () => {
    const { server, url, cwd } = await serveWith("disk/log");
    // Each is a line of its own: more than the disk holds and the server keeps.
    const ask = async (index: number) => (await fetch(`${url}/${index}${"x".repeat(900)}`)).arrayBuffer();
    for (let from = 0; from < REQUESTS; from += 50)
      await Promise.all(Array.from({ length: 50 }, (_, index) => ask(from + index)));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);

    const inside = [
      "--target",
      String(server.pid),
      "--mount",
      "mount",
      "-o",
      "remount,size=8m",
      join(cwd, "disk"),
    ];
    execFileSync("nsenter", inside);
    const log = () => readFileSync(`/proc/${server.pid}/root${join(cwd, "disk/log")}`, "utf8");
    await expect.poll(log, { timeout: WITHIN_MS }).toMatch(/lines of the log that are lost: \d+/);
    const lines = log().trim().split("\n");
    const said: string[] = lines.map((line) => JSON.parse(line).msg);
    expect(said.find((each) => each.includes("ENOSPC"))).toMatch(
      /^the log cannot be written: ENOSPC.*; make room on the disk/,
    );
    const lost = Number(/lost: (\d+)/.exec(said.join("\n"))?.[1]);
    const kept = said.filter((each) => each.includes("xxx")).length;
    expect(lost + kept).toBeGreaterThanOrEqual(REQUESTS);
    expect(lost).toBeGreaterThan(0);
    expect(await server.stop()).toEqual({ code: 0, signal: undefined });

    const full = await serveWith("/dev/full");
    expect((await fetch(`${full.url}/healthz`)).status).toBe(200);
    expect(await full.server.stop()).toEqual({ code: 0, signal: undefined });
  },
);
