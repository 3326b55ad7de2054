import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type App, startApp } from "../src/app.ts";
import { loadSettings } from "../src/config/load.ts";
import { type EventLog, logEvents } from "./support/event-log.ts";
import { homestakeros } from "./support/image-folders.ts";
import { type Media, makeMedia } from "./support/media.ts";

let media: Media;
let app: App;
let log: EventLog;

const MAC = "52-54-00-12-34-56";
const configFile = () => join(media.folder, "mayfly.yaml");

beforeEach(async () => {
  media = makeMedia();
  media.link("beta", media.store(homestakeros("init=/first/init")));
  writeFileSync(configFile(), `hosts: { beta: { macs: ["${MAC}"], kernelParams: first } }\n`);
  const load = () => loadSettings(request());
  app = await startApp(await load(), load);
  log = logEvents(app.world);
});

function request() {
  return {
    flags: {
      media: join(media.folder, "boot-media"),
      interfaces: ["lo"],
      dhcp: "off",
      httpPort: "0",
      tftpPort: "0",
      admin: "127.0.0.1:0",
      logLevel: "silent",
    },
    env: {},
    cwd: media.folder,
  };
}

afterEach(async () => {
  await app.stop();
  media.remove();
});

const url = (path: string) => `http://127.0.0.1:${app.served.httpPort}${path}`;
const script = async () => (await fetch(url(`/netboot.ipxe?mac=${MAC}&arch=x86_64`))).text();

test("a server that has started is ready, and has the script of every configured machine", async () => {
  expect((await fetch(url("/readyz"))).status).toBe(200);
  expect(await script()).toMatch(/^#!ipxe\n[\s\S]*\/media\/[\s\S]* first /);
});

test("a configuration that is edited is in force for the next script", async () => {
  writeFileSync(configFile(), `hosts: { beta: { macs: ["${MAC}"], kernelParams: second } }\n`);
  const { text } = await log.wait("notice", (notice) => notice.level === "info");
  expect(text).toBe("the configuration was read again: hosts changed");
  expect(await script()).toContain(" second ");
});

test("a configuration with a mistake is refused whole, and the old one stays in force", async () => {
  writeFileSync(configFile(), `hosts: { beta: { macs: ["${MAC}"], kernelParams: second, mac: 7 } }\n`);
  const { text } = await log.wait("notice", (notice) => notice.level === "warn");
  expect(text).toContain("the configuration is refused and the old one stays: ");
  expect(text).toContain("hosts.beta.mac");
  expect(await script()).toContain(" first ");
});

test("a link that is swapped gives the next script its new generation; the old one's files stay", async () => {
  const before = await script();
  const next = media.store(homestakeros("init=/second/init"));
  const published = log.wait("published");
  media.link("beta", next);
  await published;
  const after = await script();
  const kernelOf = (text: string) => /http:\S+bzImage/.exec(text)?.[0] ?? "none";
  expect(kernelOf(after)).not.toBe(kernelOf(before));
  expect((await fetch(kernelOf(before))).status).toBe(200);
  expect((await fetch(kernelOf(after))).status).toBe(200);
});

test("a host whose link is removed gets a script that says so", async () => {
  rmSync(join(media.hosts, "beta"));
  await log.wait("withdrawn");
  expect(await script()).toContain("beta (52:54:00:12:34:56) has no complete image yet");
});

test("an admin port that somebody else has is told with its cure, and machines boot all the same; with 'strict' it is fatal", async () => {
  const taken = app.served.admin?.port ?? 0;
  const start = async (strict: boolean) => {
    const settings = await loadSettings({
      ...request(),
      flags: { ...request().flags, state: "other-state" },
    });
    const own = { ...settings, strict, admin: { host: "127.0.0.1", port: taken } };
    return startApp(own, async () => own);
  };
  const second = await start(false);
  try {
    expect(second.served.admin).toBeUndefined();
    expect((await fetch(`http://127.0.0.1:${second.served.httpPort}/readyz`)).status).toBe(200);
  } finally {
    await second.stop();
  }
  await expect(start(true)).rejects.toThrow(`TCP port ${taken} (the admin plane) is in use by node`);
});

test("the operator's own autoexec.ipxe is served by HTTP as soon as it is there, and the generated one again after", async () => {
  const file = join(media.folder, "boot-media", "autoexec.ipxe");
  const autoexec = async () => (await fetch(url("/autoexec.ipxe"))).text();
  const becomes = (pattern: RegExp) =>
    vi.waitFor(async () => expect(await autoexec()).toMatch(pattern), { timeout: 5000, interval: 20 });
  expect(await autoexec()).toContain("/netboot.ipxe?mac=");
  writeFileSync(file, "#!ipxe\necho mine\n");
  await becomes(/^#!ipxe\necho mine\n$/);

  writeFileSync(file, "echo not a script\n");
  const { text } = await log.wait("notice", (notice) => notice.level === "warn");
  expect(text).toContain("autoexec.ipxe does not begin with '#!ipxe'");
  expect(await autoexec()).toContain("mine");

  rmSync(file);
  await becomes(/netboot\.ipxe\?mac=/);
});
