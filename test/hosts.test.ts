import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSettings } from "../src/config/load.ts";
import { startHosts } from "../src/hosts.ts";
import { loadApprovals } from "../src/io/machines/approvals.ts";
import { createMemoryStore } from "../src/io/store/store.ts";
import { createWorld } from "../src/io/world.ts";
import { logEvents } from "./support/event-log.ts";
import { homestakeros } from "./support/image-folders.ts";
import { type Media, makeMedia } from "./support/media.ts";

let media: Media;

beforeEach(() => {
  media = makeMedia();
});

afterEach(() => media.remove());

/** What is said at the start. */
async function notices(): Promise<string[]> {
  const world = createWorld();
  const log = logEvents(world);
  const settings = await loadSettings({ flags: {}, env: {}, cwd: media.folder });
  const hosts = startHosts(world, settings, await loadApprovals(createMemoryStore(), () => {}));
  await hosts.ready;
  await hosts.close();
  return log.of("notice").map(({ text, cure }) => `${text}; ${cure}`);
}

test("a server without a single image says how to give it one", async () => {
  expect(await notices()).toEqual([
    "no machine has an image yet, so all of them are left alone; " +
      `'nix build -o ${media.hosts}/default …' gives one to every machine, as does 'serve ./result'`,
  ]);
});

test("a server with an image says nothing of the kind", async () => {
  media.link("default", media.store(homestakeros("init=/first/init")));
  expect(await notices()).toEqual([]);
});

test("an edited configuration is told to who listens, and what says the same is not", async () => {
  const world = createWorld();
  const log = logEvents(world);
  const settings = await loadSettings({ flags: {}, env: {}, cwd: media.folder });
  const hosts = startHosts(world, settings, await loadApprovals(createMemoryStore(), () => {}));
  await hosts.ready;
  const mac = "52:54:00:12:34:56";
  const beta = { name: "beta", macs: [], uuids: [], serials: [] };
  hosts.configure({ ...settings.live, hosts: [beta] });
  hosts.configure({ ...settings.live, hosts: [{ ...beta }] });
  await hosts.approve(mac, "beta");
  hosts.configure({ ...settings.live, hosts: [{ ...beta, group: "nodes" }] });
  await hosts.unapprove(mac);
  hosts.configure(settings.live);
  await hosts.close();
  const none = { added: [], changed: [], removed: [] };
  expect(log.of("hosts").map(({ type: _, ...changes }) => changes)).toEqual([
    { ...none, added: ["beta"] },
    { ...none, changed: ["beta"] },
    { ...none, removed: ["beta"] },
  ]);
});
