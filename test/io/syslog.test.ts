/** Lines that come by UDP, on their way into the timeline of a boot. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listBoots } from "../../src/commands/boots.ts";
import { sessionDetail, sessions } from "../../src/web/schema/sessions.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";

const MAC = "52:54:00:12:34:56";
let rig: AdminRig;
let port: number;

beforeAll(async () => {
  port = await freePort();
  rig = await startAdminRig({}, `syslog: ${port}\n`);
});
afterAll(() => rig.stop());

/** One that is free for TCP is most likely free for UDP. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function send(...lines: readonly string[]): Promise<void> {
  const socket = createSocket("udp4");
  for (const line of lines) {
    const told = rig.log.wait("console", ({ text }) => line.endsWith(text));
    socket.send(line, port, "127.0.0.1");
    await told;
  }
  socket.close();
}

test("what a machine logs stands with its boot, in the API and in 'mayfly boots', and survives a restart", async () => {
  await rig.script(MAC);
  await send("<6>ipxe: a line with checkin/secretsecret", "<3>Nov 22 06:00:01 beta kernel: no root");
  const list = sessions.parse(JSON.parse((await rig.send("GET", `/api/v1/sessions?mac=${MAC}`)).text));
  const id = list.sessions[0]?.id ?? "";
  const detail = async () =>
    sessionDetail.parse(JSON.parse((await rig.send("GET", `/api/v1/sessions/${id}`)).text));
  const lines = [
    { number: 1, at: expect.any(String), program: "ipxe", severity: 6, text: "a line with checkin/…" },
    { number: 2, at: expect.any(String), program: "kernel", severity: 3, text: "no root" },
  ];
  expect((await detail()).console).toEqual(lines);
  const shown = (await listBoots(rig.request, id, { json: false, width: 200 })).join("\n");
  expect(shown).toMatch(/\+\d+ ms {2}ipxe: a line with checkin\/…\n.*kernel: no root$/);
  await rig.restart();
  expect((await detail()).console).toEqual(lines);
});
