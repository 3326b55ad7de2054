import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { explain } from "../../src/commands/explain.ts";
import { listHosts } from "../../src/commands/hosts.ts";
import {
  bootOnce,
  cancelOnce,
  listRollouts,
  pin,
  rollback,
  steerPlain,
} from "../../src/commands/rollouts.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { homestakeros } from "../support/image-folders.ts";

const MAC = "52:54:00:12:34:56";
const HOST = "52-54-00-12-34-56";

let rig: AdminRig;

beforeEach(async () => {
  rig = await startAdminRig();
});
afterEach(() => rig.stop());

/** Links another build; gives its id when it is published. */
async function publish(build: string): Promise<string> {
  const path = rig.media.store(homestakeros(`init=/${build}/init`));
  const id = path.slice(path.lastIndexOf("/") + 1);
  const published = rig.log.wait("published", ({ generation }) => generation.id === id);
  rig.media.link(HOST, path);
  await published;
  return id;
}

/** The generation that the machine's script names. */
async function boots(): Promise<string | undefined> {
  return /media\/([^/]+)\//.exec(await rig.script(MAC))?.[1];
}

/** Each boot has a name of its own. */
let reports = 0;

/** What was booted says that it is up. */
function checksIn(generation: string): void {
  const checkIn = { atMs: Date.now(), failedUnits: [], missingMounts: [], missingFiles: [] };
  const peer = { address: "127.0.0.1", port: 1 };
  rig.app.world.record({
    type: "checked-in",
    peer,
    bootId: (reports++).toString(16).padStart(16, "0"),
    mac: MAC,
    host: HOST,
    generation,
    checkIn,
  });
}

test("rollback, pin, promote, hold and their opposites, as a person types them, and across a restart", async () => {
  const one = await publish("one");
  expect(await boots()).toBe(one);
  checksIn(one);
  const two = await publish("two");
  expect(await boots()).toBe(two);
  checksIn(two);

  expect(await rollback(rig.request, HOST, undefined)).toEqual([
    `${HOST} gets ${one}: ${two} is newer, and not given: it was rolled back.`,
  ]);
  expect(await boots()).toBe(one);
  expect(await listHosts(rig.request, { json: false })).toEqual([
    expect.stringContaining("BECAUSE"),
    expect.stringContaining("it was rolled back"),
  ]);
  await rig.restart();
  expect(await boots()).toBe(one);

  // By its number, and by the beginning of its id.
  expect(await rollback(rig.request, HOST, "2")).toEqual([`${HOST} gets ${two}.`]);
  expect(await pin(rig.request, HOST, one.slice(0, 12))).toEqual([`${HOST} gets ${one}: it is pinned.`]);
  await rig.restart();
  expect(await boots()).toBe(one);
  expect(await listRollouts(rig.request, HOST, { json: false })).toEqual([
    expect.stringMatching(/^HOST +STRATEGY +GETS +BECAUSE$/),
    expect.stringMatching(/^52-54-00-12-34-56 +all +\S+ +it is pinned$/),
  ]);
  await expect(rollback(rig.request, HOST, undefined)).rejects.toThrow(`is pinned to ${one}`);
  expect(await steerPlain(rig.request, HOST, "unpin")).toEqual([`${HOST} gets ${two}.`]);

  await steerPlain(rig.request, HOST, "hold");
  const three = await publish("three");
  expect(await boots()).toBe(two);
  expect(await steerPlain(rig.request, HOST, "release")).toEqual([`${HOST} gets ${three}: it is new.`]);
  expect(await steerPlain(rig.request, HOST, "promote")).toEqual([`${HOST} gets ${three}.`]);
  await expect(steerPlain(rig.request, HOST, "promote")).rejects.toThrow("nothing waits");
});

test("a one-time image is for the next boot alone, and can be taken back", async () => {
  const one = await publish("one");
  await boots();
  checksIn(one);
  const two = await publish("two");
  await boots();
  checksIn(two);
  expect(await bootOnce(rig.request, MAC, "1")).toEqual([
    `The next boot of ${MAC} gets ${one}, and the one after that what every boot gets.`,
  ]);
  expect(await cancelOnce(rig.request, MAC)).toEqual([`The next boot of ${MAC} gets what every boot gets.`]);
  expect(await boots()).toBe(two);
  const [held = ""] = await steerPlain(rig.request, HOST, "hold", true);
  expect(JSON.parse(held).rollouts).toMatchObject([{ host: HOST, held: true }]);
  await steerPlain(rig.request, HOST, "release");
  await bootOnce(rig.request, HOST, one);
  expect(await boots()).toBe(one);
  await rig.restart();
  checksIn(one);
  expect(await boots()).toBe(two);
});

test("what is not there is said, with the cure", async () => {
  const one = await publish("one");
  await expect(pin(rig.request, "nobody", undefined)).rejects.toThrow(
    "no host and no group is called nobody",
  );
  await expect(pin(rig.request, HOST, "77")).rejects.toThrow(`'mayfly generations ${HOST}' lists them`);
  await expect(rollback(rig.request, HOST, undefined)).rejects.toThrow("no earlier generation");
  await expect(bootOnce(rig.request, "00:1b:21:00:00:01", one)).rejects.toThrow("no host has the machine");
  await expect(pin(rig.request, "a b", undefined)).rejects.toThrow("the name of a host or a group");
});

test("explain knows what is pinned and what was gone back to as the server does, beside it and after it", async () => {
  const [one, two] = [await publish("one"), await publish("two")];
  await steerPlain(rig.request, HOST, "promote");
  await pin(rig.request, HOST, one);
  expect(await boots()).toBe(one);
  const flags = {
    ...{ media: join(rig.media.folder, "boot-media"), state: join(rig.media.folder, "state") },
    ...{ dhcp: "off", unknown: "hold" },
  };
  const explained = () =>
    explain(
      { flags, env: {}, cwd: rig.media.folder },
      { subject: MAC, stage: "ipxe", address: "127.0.0.1", json: false },
    );
  expect(await explained()).toContain(one);
  await rig.app.stop();
  const text = await explained();
  expect(text).toContain(one);
  expect(text).not.toContain(`/media/${two}/`);
});
