import { expect, test } from "vitest";
import { loadSettings } from "../../src/config/load.ts";
import { keysForRestart, liveChanges } from "../../src/config/restart.ts";

const before = await loadSettings({ flags: {}, env: {}, cwd: "/nowhere" });

test("hosts, the default, the time to keep and the log level change while the server runs", () => {
  const live = {
    ...before.live,
    hosts: [{ name: "beta", macs: [], uuids: [], serials: [] }],
    defaultHost: false as const,
    keepMinutes: 1,
    logLevel: "debug" as const,
  };
  expect(liveChanges(before.live, live)).toEqual(["hosts", "keepMinutes", "logLevel", "default"]);
  expect(keysForRestart(before, { ...before, live })).toEqual([]);
});

test("ports, folders, interfaces and modes want a restart, and are named as they are written", () => {
  const after = {
    ...before,
    mediaFolder: "/m",
    stateFolder: "/s",
    interfaces: ["eth0"],
    httpPort: 1,
    tftpPort: 2,
    dhcp: "off" as const,
    admin: { host: "127.0.0.1", port: 3 },
    strict: true,
    ipxeFolders: ["/i"],
  };
  expect(keysForRestart(before, after)).toEqual([
    "media",
    "state",
    "interfaces",
    "httpPort",
    "tftpPort",
    "dhcp",
    "admin",
    "strict",
    "ipxe",
  ]);
});

test("the same settings read twice have no changes", async () => {
  const again = await loadSettings({ flags: {}, env: {}, cwd: "/nowhere" });
  expect(liveChanges(before.live, again.live)).toEqual([]);
  expect(keysForRestart(before, again)).toEqual([]);
});
