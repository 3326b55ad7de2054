/** A server whose state folder cannot be used: it still boots machines, but it gives no addresses. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { startApp } from "../src/app.ts";
import { loadSettings } from "../src/config/load.ts";
import type { DhcpMode } from "../src/config/settings.ts";
import { openStore } from "../src/io/store/sqlite-store.ts";
import { createWorld } from "../src/io/world.ts";
import { startLeases } from "../src/leases.ts";
import { openState } from "../src/state.ts";
import { logEvents } from "./support/event-log.ts";
import { tempFolder } from "./support/temp-folder.ts";

let folder: string;
const state = () => join(folder, "state");

beforeEach(() => {
  folder = tempFolder();
});

async function settingsFor(dhcp: DhcpMode) {
  writeFileSync(join(folder, "mayfly.yaml"), "subnets: [{ subnet: 10.0.0.0/24 }]\n");
  const flags = { state: state(), dhcp, interfaces: ["lo"], logLevel: "silent" };
  return loadSettings({ flags, env: {}, cwd: folder });
}

function damage(): void {
  mkdirSync(state());
  writeFileSync(join(state(), "mayfly.sqlite"), "no database at all ".repeat(999));
}

test("a server that gives addresses does not start, and says which file it is and what to do", async () => {
  damage();
  const settings = await settingsFor("authoritative");
  await expect(startApp(settings, async () => settings)).rejects.toThrow(
    /mayfly\.sqlite is damaged: .*; keep a copy of .*mayfly\.sqlite/,
  );
});

test("a server that gives addresses does not start beside another one on the same state folder", async () => {
  const other = await openStore(state());
  onTestFinished(() => other.close());
  const settings = await settingsFor("authoritative");
  await expect(startApp(settings, async () => settings)).rejects.toThrow(
    new RegExp(`another server has the state folder ${state()}: process ${process.pid} .*--state DIR`),
  );
});

test.each(["proxy", "off"] as const)("in mode %s it is a warning with the cure", async (dhcp) => {
  damage();
  const world = createWorld();
  const log = logEvents(world);
  const store = await openState(world, await settingsFor(dhcp));
  expect(log.of("notice")).toEqual([
    expect.objectContaining({
      level: "warn",
      text: expect.stringContaining(join(state(), "mayfly.sqlite")),
      cure: expect.stringContaining("keep a copy"),
    }),
  ]);
  // Nothing is taken for kept that is not.
  await expect(store.put([{ kind: "approval", key: "a", value: 1 }])).rejects.toThrow("damaged");
});

test("what is kept under an address and is no lease is told to the operator", async () => {
  const store = await openStore(state());
  onTestFinished(() => store.close());
  await store.put([{ kind: "lease", key: "10.0.0.7", value: "somebody has been at the file" }]);
  const world = createWorld();
  const log = logEvents(world);
  const settings = await settingsFor("authoritative");
  await startLeases(world, settings, { now: settings.live }, store);
  expect(log.of("notice")).toEqual([
    expect.objectContaining({ level: "warn", text: expect.stringContaining("10.0.0.7") }),
  ]);
});

test("leases are opened where addresses are given or watched, and nowhere else", async () => {
  const store = await openStore(state());
  onTestFinished(() => store.close());
  const opened = async (dhcp: DhcpMode) => {
    const settings = await settingsFor(dhcp);
    return (await startLeases(createWorld(), settings, { now: settings.live }, store)) !== undefined;
  };
  expect(await opened("authoritative")).toBe(true);
  expect(await opened("observe")).toBe(true);
  expect(await opened("proxy")).toBe(false);
  expect(await opened("off")).toBe(false);
});
