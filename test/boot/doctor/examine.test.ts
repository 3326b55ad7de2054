import { expect, test } from "vitest";
import { configFindings, examine } from "../../../src/boot/doctor/examine.ts";
import type { Facts } from "../../../src/boot/doctor/facts.ts";
import { formatFinding } from "../../../src/boot/doctor/finding.ts";
import { parseIptables } from "../../../src/boot/doctor/iptables-rules.ts";
import { recognise } from "../../../src/boot/image/recognise.ts";
import type { PortProblem, WantedPort } from "../../../src/boot/server/port-advice.ts";
import { apply, EMPTY_SNAPSHOT } from "../../../src/boot/snapshot.ts";
import { BETA, GENERATION, PROGRAMS, snapshotOf } from "../../support/worlds.ts";

const TFTP: WantedPort = { protocol: "udp", port: 69, purpose: "tftp" };
const ADMIN: WantedPort = { protocol: "tcp", port: 8081, purpose: "admin" };
const NOW_MS = 1_800_000_000_000;

const WELL: Facts = {
  nowMs: NOW_MS,
  config: { file: "mayfly.yaml", isThere: true },
  ports: [{ wanted: TFTP }, { wanted: ADMIN }],
  network: {
    present: [{ name: "eth0", addresses: ["10.0.0.2"], isLoopback: false, mtu: 1500, state: "up" }],
    named: [],
    container: { type: "direct" },
    dhcp: true,
  },
  firewall: { walls: [], unread: [] },
  programs: { programs: PROGRAMS, notices: [], missing: [] },
  snapshot: snapshotOf([BETA], GENERATION),
  imagePaths: new Map(),
  disks: [],
  state: { folder: ".mayfly", room: { freeBytes: 1e12, freeInodes: 1e6 } },
  maxWatches: 65_536,
  newestImageMs: NOW_MS - 1000,
};

const inUse = (wanted: WantedPort, ...pids: readonly number[]): PortProblem => ({
  wanted,
  code: "EADDRINUSE",
  holders: pids.map((pid) => ({ pid, name: "dnsmasq" })),
  nodePath: "/usr/bin/node",
  isService: false,
  isRoot: true,
});

const sized = (bytes: number) => ({
  ...GENERATION,
  files: new Map([
    ["bzImage", 1000],
    ["initrd.zst", bytes],
  ]),
});
const ARM = {
  ...GENERATION,
  kernel: { file: "Image", isa: "arm64" as const },
  files: new Map([
    ["Image", 1],
    ["initrd.zst", 1468 * 65_535],
  ]),
};
const STORE = { purpose: "store", folder: "/big" } as const;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const recognised = recognise({
  files: new Map([
    ["bzImage-1", 1],
    ["bzImage-2", 1],
    ["initrd", 1],
  ]),
  unreadable: new Map(),
  texts: new Map(),
});
const TWO_KERNELS = recognised.type === "incomplete" ? recognised.reason : "";
const inTrouble = (reason: string) => apply(snapshotOf([BETA]), [{ type: "trouble", image: "beta", reason }]);

test("nothing is found where all is well, and all that was looked at is told", () => {
  const findings = examine(WELL);
  expect(findings.filter(({ level }) => level !== "ok")).toEqual([]);
  expect(new Set(findings.map(({ code }) => code)).size).toBeGreaterThan(8);
});

test.each<[why: string, facts: Partial<Facts>, found: readonly string[], says: string]>([
  [
    "a port that somebody else has",
    { ports: [{ wanted: TFTP, problem: inUse(TFTP, 7) }] },
    ["fault port"],
    "dnsmasq (process 7)",
  ],
  [
    "the admin plane's alone keeps no machine from booting",
    { ports: [{ wanted: ADMIN, problem: inUse(ADMIN, 7) }] },
    ["warning port"],
    "--admin",
  ],
  [
    "a port that the server has that runs is as it should be",
    { server: { base: "http://x", pids: [7] }, ports: [{ wanted: TFTP, problem: inUse(TFTP, 9, 7) }] },
    [],
    "",
  ],
  [
    "so it is where nobody may be seen",
    { server: { base: "http://x", pids: [] }, ports: [{ wanted: TFTP, problem: inUse(TFTP) }] },
    [],
    "",
  ],
  [
    "beside a server that runs another process can have a port",
    { server: { base: "http://x", pids: [8] }, ports: [{ wanted: TFTP, problem: inUse(TFTP, 7) }] },
    ["fault port"],
    "dnsmasq",
  ],
  [
    "a right that lacks",
    { ports: [{ wanted: TFTP, problem: { ...inUse(TFTP), code: "EACCES", isRoot: false } }] },
    ["fault port"],
    "setcap",
  ],
  [
    "no interface",
    { network: { ...WELL.network, present: [] } },
    ["fault interface"],
    "there is none at all",
  ],
  [
    "a container's own network",
    { network: { ...WELL.network, container: { type: "bridge", engine: "docker", interface: "eth0" } } },
    ["warning container-network"],
    "--network host",
  ],
  [
    "a narrow interface",
    {
      network: {
        ...WELL.network,
        present: [{ name: "wg0", addresses: ["10.0.0.2"], isLoopback: false, mtu: 1420, state: "up" }],
      },
    },
    ["warning small-mtu"],
    "wg0 carries 1420 bytes",
  ],
  [
    "a firewall",
    { firewall: { walls: parseIptables("*filter\n:INPUT DROP [0:0]\nCOMMIT\n"), unread: [] } },
    ["warning firewall"],
    "--dport 69 -j ACCEPT",
  ],
  [
    "rules that may not be read",
    { firewall: { walls: [], unread: ["nft"] } },
    ["warning firewall"],
    "as root",
  ],
  [
    "no boot program",
    {
      programs: {
        programs: [],
        notices: [{ level: "warn", text: "none", cure: "sudo apt-get install ipxe" }],
        missing: [],
      },
    },
    ["fault programs"],
    "sudo apt-get install ipxe",
  ],
  [
    "a boot program that is no such thing",
    {
      programs: {
        programs: PROGRAMS,
        notices: [{ level: "warn", text: "it is none", cure: "replace it" }],
        missing: [],
      },
    },
    ["warning programs"],
    "replace it",
  ],
  [
    "a missing program for machines that hardly anybody has is no news",
    { programs: { programs: PROGRAMS, notices: [{ level: "debug", text: "none" }], missing: [] } },
    [],
    "",
  ],
  ["no host at all", { snapshot: EMPTY_SNAPSHOT }, ["warning no-images"], "boot-media/hosts/default"],
  [
    "a host without an image",
    { snapshot: snapshotOf([BETA]) },
    ["warning image-incomplete"],
    "host beta has no image",
  ],
  [
    "an incomplete image",
    {
      snapshot: inTrouble("the kernel is missing"),
    },
    ["fault image-incomplete"],
    "the kernel is missing",
  ],
  [
    "where the configuration names the image, no link would help",
    { snapshot: inTrouble("the kernel is missing"), imagePaths: new Map([["beta", "/srv/web"]]) },
    ["fault image-incomplete"],
    "no complete image in /srv/web: the kernel is missing; build it anew, or name another one with 'image:' of the host beta [",
  ],
  [
    "a trouble that says what to do says it once",
    {
      snapshot: inTrouble("/srv/web is not there: build the image, or mend its path"),
      imagePaths: new Map([["beta", "/srv/web"]]),
    },
    ["fault image-incomplete"],
    "no complete image: /srv/web is not there; build the image, or mend its path [",
  ],
  [
    "so does one with too many kernels",
    { snapshot: inTrouble(TWO_KERNELS) },
    ["fault image-incomplete"],
    "there is more than one kernel (bzImage-1, bzImage-2); leave one [",
  ],
  ["just below 2 GiB nothing is wrong", { snapshot: snapshotOf([BETA], sized(2 * GIB - 1)) }, [], ""],
  [
    "2 GiB",
    { snapshot: snapshotOf([BETA], sized(2 * GIB)) },
    ["warning image-over-2g"],
    "initrd.zst of host beta has 2.0 GiB",
  ],
  ["4 GiB", { snapshot: snapshotOf([BETA], sized(4 * GIB)) }, ["warning image-over-4g"], "below 4 GiB"],
  [
    "T5: one block more than a Pi's EEPROM counts",
    { snapshot: snapshotOf([{ ...BETA, rpi4: {} }], ARM) },
    ["fault pi-rollover"],
    "rollover: true",
  ],
  [
    "T5: a newer EEPROM counts on",
    { snapshot: snapshotOf([{ ...BETA, rpi4: { rollover: true } }], ARM) },
    [],
    "",
  ],
  ["T5: an arm64 machine that is no Pi has no such limit", { snapshot: snapshotOf([BETA], ARM) }, [], ""],
  ["a full disk", { state: { folder: "s", room: { freeBytes: 1000 } } }, ["fault disk-room"], "df -h s"],
  [
    "a disk that fills",
    { state: { folder: "s", room: { freeBytes: 100 * 1024 ** 2 } } },
    ["warning disk-room"],
    "100 MiB",
  ],
  [
    "no inodes",
    { state: { folder: "s", room: { freeBytes: 1e12, freeInodes: 3 } } },
    ["fault disk-inodes"],
    "df -i s",
  ],
  [
    "a full disk of the store alone",
    { disks: [{ ...STORE, room: { freeBytes: 255 * MIB, freeInodes: 1e6 } }] },
    ["warning disk-room"],
    "the disk of /big has only 255 MiB left: no copy of an image is made there; make room ('df -h /big'), or name another folder with 'storeFolder'",
  ],
  [
    "as much as the store leaves for others",
    { disks: [{ ...STORE, room: { freeBytes: 256 * MIB } }] },
    [],
    "",
  ],
  [
    "no inodes for the store",
    { disks: [{ ...STORE, room: { freeBytes: 1e12, freeInodes: 3 } }] },
    ["warning disk-inodes"],
    "df -i /big",
  ],
  [
    "a full disk where builds leave their links",
    { disks: [{ purpose: "media", folder: "/media", room: { freeBytes: 0 } }] },
    ["warning disk-room"],
    "make room ('df -h /media'), or choose another folder with '--media DIR'",
  ],
  [
    "a state folder that cannot be used",
    { state: { folder: "s", trouble: { text: "s is damaged", cure: "move it away" } } },
    ["fault state-folder"],
    "s is damaged; move it away",
  ],
  ["too few watches", { maxWatches: 8 }, ["warning inotify"], "max_user_watches"],
  ["a clock before the images", { newestImageMs: NOW_MS + 3_600_000 }, ["warning clock"], "60 minutes after"],
  ["a clock that was never set", { nowMs: 1000 }, ["fault clock"], "before 2025"],
])("%s", (_, facts, found, says) => {
  const findings = examine({ ...WELL, ...facts }).filter(({ level }) => level !== "ok");
  expect(findings.map(({ level, code }) => `${level} ${code}`)).toEqual(found);
  expect(findings.map(formatFinding).join("\n")).toContain(says);
  for (const { cure } of findings) expect(cure).toBeTruthy();
});

test("the disks of other folders are told of beside the state folder's", () => {
  const disks = [{ ...STORE, room: { freeBytes: 5 * GIB, freeInodes: 1e6 } }];
  expect(examine({ ...WELL, disks }).map(formatFinding)).toContain(
    "ok       the disk of /big has 5.0 GiB left [disk-room]",
  );
});

test("each mistake of a configuration is a fault", () => {
  expect(configFindings(["a", "b"]).map(formatFinding)).toEqual([
    "fault    a; docs/config.reference.yaml explains every key [config]",
    "fault    b; docs/config.reference.yaml explains every key [config]",
  ]);
});
