import { expect, test } from "vitest";
import { loadSettings } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/mistake.ts";
import { describeRefusal, describeReload, keysForRestart, liveChanges } from "../../src/config/restart.ts";
import { reservation, subnet } from "../support/leases.ts";

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

test("subnets and reservations change while the server runs too, named by where they are written", () => {
  const reservations = [reservation({ addresses: ["10.0.0.9"] })];
  expect(liveChanges(before.live, { ...before.live, reservations })).toEqual(["subnets"]);
  expect(liveChanges(before.live, { ...before.live, subnets: [subnet()], reservations })).toEqual([
    "subnets",
  ]);
  const hosts = [{ name: "beta", macs: [], uuids: [], serials: [] }];
  expect(liveChanges(before.live, { ...before.live, hosts, reservations })).toEqual(["hosts"]);
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

test("a configuration that was read again tells what changed, and what counts after a restart", () => {
  const after = { ...before, httpPort: 1, dhcp: "off" as const, live: { ...before.live, keepMinutes: 1 } };
  expect(describeReload(before, after)).toEqual([
    { level: "info", text: "the configuration was read again: keepMinutes changed" },
    {
      level: "warn",
      text: "httpPort, dhcp changed in the configuration, which counts after a restart",
      cure: "restart mayfly",
    },
  ]);
  expect(describeReload(before, before)).toEqual([]);
});

test("a configuration that is refused tells every mistake", () => {
  const error = new ConfigError([
    { place: "mayfly.yaml:1", key: "strict", read: "'maybe'", want: "true or false" },
    { place: "mayfly.yaml:2", key: "htpPort", read: "the key 'htpPort'", want: "'httpPort'" },
  ]);
  expect(describeRefusal(error)).toEqual({
    level: "warn",
    text: "the configuration is refused and the old one stays: mayfly.yaml:1: strict: read 'maybe', want true or false; mayfly.yaml:2: htpPort: read the key 'htpPort', want 'httpPort'",
    cure: "mend it: it is read again as soon as it is saved",
  });
  expect(describeRefusal(new Error("the disk is on fire")).text).toContain("the disk is on fire");
});
