/** A server whose admin plane is for others too, asked from another machine of its network, and one that is switched on. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const MAC = "52:54:00:77:21:01";
const WITHIN_MS = 20_000;
/** Prints the first datagram that comes to UDP port 9. */
const LISTEN =
  "const s = require('node:dgram').createSocket('udp4');" +
  "s.on('message', (m) => { console.log('heard ' + m.toString('hex')); s.close(); });" +
  "s.bind(9, () => console.log('listening'));";

describe.skipIf(lacks("lan", "dnsmasq"))("from another machine", () => {
  let folder = "";
  let lan: Lan;
  let server: Program | undefined;
  let address = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mayfly-elsewhere-"));
    lan = await createLan();
    address = lan.serverAddress;
    const config = `admin: ${address}:8081\nadminNames: [mayfly.example.net]\nhosts: { beta: { macs: ["${MAC}"] } }\n`;
    server = await startMayfly(lan, { folder, config });
  });
  afterAll(async () => {
    await server?.stop();
    await lan?.close();
    await rm(folder, { recursive: true, force: true });
  });

  function mayfly(...args: readonly string[]): Promise<string> {
    const bin = join(import.meta.dirname, "../../bin/mayfly.js");
    return lan.server.run(process.execPath, bin, ...args, "--media", join(folder, "boot-media"));
  }
  /** What curl on another machine gets: the status, then the body. */
  async function curl(...args: readonly string[]): Promise<{ status: number; body: string }> {
    const said = await lan.router.run("curl", "-s", "-w", "\n%{http_code}", ...args);
    const cut = said.trimEnd().lastIndexOf("\n");
    return { status: Number(said.trimEnd().slice(cut + 1)), body: said.slice(0, cut) };
  }

  test("nobody gets anything without a token, and what it allows with one; the server's own commands need none", async () => {
    const base = `http://${address}:8081`;
    expect(await curl(`${base}/healthz`)).toEqual({ status: 200, body: "ok\n" });
    for (const path of ["/api/v1/hosts", "/api/v1/events", "/", "/api/v1/openapi.json"])
      expect((await curl(base + path)).status).toBe(401);

    const token = (await mayfly("token", "create", "anna")).trim().split("\n")[0] ?? "";
    const bearer = ["-H", `Authorization: Bearer ${token}`];
    expect((await curl(...bearer, `${base}/api/v1/hosts`)).body).toContain('"name":"beta"');
    const named = await curl(...bearer, "-H", "Host: mayfly.example.net", `${base}/api/v1/status`);
    expect(JSON.parse(named.body).you).toEqual({ name: "anna", scope: "read" });
    const wake = ["-X", "POST", `${base}/api/v1/machines/${MAC}/wake`];
    expect(await curl(...bearer, ...wake)).toMatchObject({
      status: 403,
      body: expect.stringContaining("is for 'read'"),
    });

    expect((await curl(...bearer, "-H", "Host: evil.example", `${base}/api/v1/status`)).status).toBe(403);
    expect((await curl(...bearer, "-H", "Host: localhost:8081", `${base}/api/v1/status`)).status).toBe(403);
    const evil = ["-H", "Origin: http://evil.example"];
    expect((await curl(...bearer, ...evil, `${base}/api/v1/status`)).status).toBe(403);

    expect(await mayfly("token", "revoke", "anna")).toContain("counts no more");
    expect((await curl(...bearer, `${base}/api/v1/hosts`)).status).toBe(401);
  });

  test("a machine is switched on by its host's name", async () => {
    const ear = await lan.router.start([process.execPath, "-e", LISTEN]);
    try {
      await ear.waitFor(/^listening$/m, WITHIN_MS);
      expect(await mayfly("wake", "beta")).toContain(`A magic packet for ${MAC} left by `);
      await ear.waitFor(new RegExp(`^heard f{12}(${MAC.replaceAll(":", "")}){16}$`, "m"), WITHIN_MS);
    } finally {
      await ear.stop();
    }
  });
});
