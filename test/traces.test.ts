/** A whole server that sends a trace of each boot. */

import { execFileSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { type AdminRig, startAdminRig } from "./support/admin-rig.ts";
import { homestakeros } from "./support/image-folders.ts";
import { type OtlpReceiver, startOtlpReceiver } from "./support/otlp-receiver.ts";

const MAC = "52:54:00:12:34:56";
const SECRET = "hunter2hunter2";

let receiver: OtlpReceiver | undefined;
let rig: AdminRig | undefined;

afterEach(async () => {
  await rig?.stop();
  await receiver?.close();
  rig = undefined;
  receiver = undefined;
});

/** Boots as iPXE does: the script, and what it names. */
async function boot(rig: AdminRig): Promise<void> {
  const text = await rig.script(MAC);
  const ended = rig.log.wait("session", ({ change }) => change === "ended");
  const files = [...text.matchAll(/http:\/\/\S+\/media\/\S+/g)].map(([url]) => url);
  for (const url of new Set(files)) await (await fetch(url)).arrayBuffer();
  await ended;
}

test("a boot is a trace at the receiver, before the server has stopped at the latest", async () => {
  receiver = await startOtlpReceiver();
  const headers = `headers: { authorization: "Bearer ${SECRET}" }`;
  rig = await startAdminRig(
    {},
    `hosts: { beta: { macs: ["${MAC}"] } }\ntraces: { endpoint: "${receiver.endpoint}", ${headers} }\n`,
  );
  const published = rig.log.wait("published");
  rig.media.link("beta", rig.media.store(homestakeros("init=/beta/init")));
  await published;
  await boot(rig);
  await rig.app.stop();
  expect(receiver.faults).toEqual([]);
  const [taken] = receiver.taken;
  expect(taken).toMatchObject({
    headers: { authorization: `Bearer ${SECRET}` },
    resource: { "service.name": "mayfly", "service.version": expect.any(String) },
  });
  const [root, ...stages] = taken?.spans ?? [];
  expect(root).toMatchObject({
    name: "boot",
    attributes: { "mayfly.host": "beta", "mayfly.mac": MAC, "mayfly.outcome": "handed-over" },
  });
  expect(stages.map(({ name }) => name)).toEqual(expect.arrayContaining(["script", "kernel", "initrd"]));
  // Nothing of it is told to whoever reads the log or asks the API, and no token of a check-in is sent.
  expect(JSON.stringify(rig.log.all)).not.toContain(SECRET);
  expect(JSON.stringify(taken?.spans)).not.toMatch(/checkin\/[^…]/);
});

test("what makes and sends traces is not loaded before somebody wants them", () => {
  const source = `
    const { registerHooks } = require("node:module");
    const isOurs = (url) => /\\/(traces|otlp)\\//.test(url) && !url.endsWith("/otlp/pairs.ts");
    registerHooks({ load: (url, context, next) => (isOurs(url) && console.log(url), next(url, context)) });
    import("./src/app.ts").then(() => console.log("loaded"));`;
  const said = execFileSync(process.execPath, ["-e", source], { encoding: "utf8" });
  expect(said.trim()).toBe("loaded");
});

test("without a word of it nothing is sent", async () => {
  receiver = await startOtlpReceiver();
  rig = await startAdminRig({}, `hosts: { beta: { macs: ["${MAC}"] } }\n`);
  await rig.script(MAC);
  await rig.app.stop();
  expect(receiver.asked).toBe(0);
});
