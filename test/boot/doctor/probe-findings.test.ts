import { expect, test } from "vitest";
import type { Facts, ProbeAnswer, ProbedNetwork, RunningServer } from "../../../src/boot/doctor/facts.ts";
import { formatFinding } from "../../../src/boot/doctor/finding.ts";
import { probeFindings } from "../../../src/boot/doctor/probe-findings.ts";
import { EMPTY_SNAPSHOT } from "../../../src/boot/snapshot.ts";

const NOW_MS = 1_800_000_000_000;
const MINUTE_MS = 60_000;
const SELF = "10.0.0.2";
const BRIDGE = "52:54:00:00:00:01";

const ROUTER: ProbeAnswer = { address: "10.0.0.1", mac: "52:54:00:00:00:aa", gives: "10.0.0.50" };
const MINE: ProbeAnswer = { address: SELF, mayfly: "proxy", boot: { class: "PXEClient" } };
/** Of another program on the machine: it is known by its lack of Mayfly's mark. */
const LOCAL: ProbeAnswer = { address: SELF, gives: "10.0.0.60" };
const THEIRS: ProbeAnswer = { address: "10.0.0.9", boot: { class: "PXEClient", file: "x.efi" } };
const RUNNING: RunningServer = { base: "http://127.0.0.1:8081", pids: [], dhcp: "proxy" };

interface Scene {
  readonly answers?: readonly ProbeAnswer[];
  readonly network?: Partial<ProbedNetwork>;
  readonly server?: RunningServer;
  readonly givesAddresses?: boolean;
}

function factsOf({ answers = [ROUTER], network, server, givesAddresses = false }: Scene): Facts {
  const present = [{ name: "eth0", addresses: [SELF], isLoopback: false, mtu: 1500, state: "up" as const }];
  const probed = { interface: "eth0", answers, hearsOwn: true, bpdus: [], ...network };
  return {
    nowMs: NOW_MS,
    config: { file: "mayfly.yaml", isThere: true },
    ...(server === undefined ? {} : { server }),
    ports: [],
    network: { present, named: [], container: { type: "direct" }, dhcp: true, givesAddresses },
    firewall: { walls: [], unread: [] },
    programs: { programs: [], notices: [], missing: [] },
    snapshot: EMPTY_SNAPSHOT,
    imagePaths: new Map(),
    disks: [],
    state: { folder: ".mayfly" },
    probe: { seconds: 6, networks: [probed] },
  };
}

/** What is not well, as level and code; and all of it as a person reads it. */
function found(scene: Scene) {
  const findings = probeFindings(factsOf(scene));
  const bad = findings.filter(({ level }) => level !== "ok").map(({ level, code }) => `${level} ${code}`);
  return { bad, text: findings.map(formatFinding).join("\n") };
}

test("nothing is found where nobody was asked and nobody has heard anything", () => {
  const { probe: _probe, ...facts } = factsOf({ server: RUNNING });
  expect(probeFindings(facts)).toEqual([]);
});

test.each<[what: string, scene: Scene, bad: readonly string[], says: string]>([
  ["a router alone is well", {}, [], "10.0.0.1 (52:54:00:00:00:aa) gives addresses (10.0.0.50, say) on eth0"],
  [
    "a server of addresses on the same machine is named, with no Mayfly that runs",
    { answers: [LOCAL] },
    [],
    "a DHCP server on this machine (10.0.0.2) gives addresses (10.0.0.60, say) on eth0",
  ],
  [
    "so it is beside the Mayfly that runs",
    { answers: [LOCAL, MINE], server: RUNNING },
    [],
    "a DHCP server on this machine (10.0.0.2) gives addresses",
  ],
  [
    "beside a Mayfly that is to give addresses it is one too many",
    { answers: [LOCAL], givesAddresses: true },
    ["warning dhcp-servers"],
    "eth0: a DHCP server on this machine (10.0.0.2), Mayfly;",
  ],
  [
    "what it gives to boot is told",
    { answers: [{ ...LOCAL, boot: { class: "PXEClient", file: "theirs.efi" } }] },
    ["warning other-boot-server"],
    "a DHCP server on this machine (10.0.0.2) offers machines on eth0 something to boot too (PXEClient, theirs.efi)",
  ],
  [
    "it may send machines to Mayfly, too",
    { answers: [{ ...LOCAL, boot: { file: "x.efi", nextServer: SELF } }] },
    [],
    "a DHCP server on this machine (10.0.0.2) sends machines on eth0 to this server",
  ],
  [
    "a Mayfly on the same machine that gives addresses is Mayfly",
    { answers: [{ ...MINE, mayfly: "authoritative" }], server: RUNNING },
    [],
    "nobody but Mayfly gives addresses on eth0",
  ],
  ["nobody gives addresses", { answers: [] }, ["fault dhcp-servers"], "'dhcp: authoritative'"],
  [
    "two give addresses",
    { answers: [ROUTER, { address: "10.0.0.9", gives: "10.0.0.77" }] },
    ["warning dhcp-servers"],
    "10.0.0.1 (52:54:00:00:00:aa), 10.0.0.9;",
  ],
  [
    "a router beside a Mayfly that is to give addresses, be it running or not",
    { givesAddresses: true },
    ["warning dhcp-servers"],
    "10.0.0.1 (52:54:00:00:00:aa), Mayfly",
  ],
  [
    "a Mayfly that is to give addresses is alone",
    { givesAddresses: true, answers: [] },
    [],
    "nobody but Mayfly",
  ],
  [
    "the server that runs answers",
    { answers: [ROUTER, MINE], server: RUNNING },
    [],
    "the server that runs here answers on eth0",
  ],
  [
    "the server that runs does not answer",
    { server: RUNNING },
    ["warning probe"],
    "does not answer on eth0; look whether it serves eth0",
  ],
  ["one in observe mode never does", { server: { ...RUNNING, dhcp: "observe" } }, [], "10.0.0.1"],
  [
    "nor can it be heard with port 68 taken",
    { server: RUNNING, network: { hearsOwn: false } },
    [],
    "10.0.0.1",
  ],
  [
    "another boot server",
    { answers: [ROUTER, THEIRS] },
    ["warning other-boot-server"],
    "10.0.0.9 offers machines on eth0 something to boot too (PXEClient, x.efi); switch the boot part",
  ],
  [
    "a router that sends machines here is well",
    { answers: [{ ...ROUTER, boot: { file: "x.efi", nextServer: SELF } }] },
    [],
    "sends machines on eth0 to this server",
  ],
  [
    "another Mayfly that gives addresses",
    { answers: [{ ...MINE, address: "10.0.0.3", mayfly: "authoritative" }] },
    ["warning other-boot-server"],
    "another Mayfly answers on eth0: 10.0.0.3",
  ],
  [
    "a network that cannot be asked",
    { network: { trouble: { text: "no port", cure: "be root" } } },
    ["warning probe"],
    "nobody could be asked on eth0: no port; be root",
  ],
  [
    "classic spanning tree",
    { network: { bpdus: [{ kind: "stp", bridge: BRIDGE, forwardDelaySeconds: 15 }] } },
    ["warning spanning-tree"],
    "(STP, 52:54:00:00:00:01): a port waits up to 30 s",
  ],
  [
    "one whose ports do not wait",
    { network: { bpdus: [{ kind: "stp", bridge: BRIDGE, forwardDelaySeconds: 2 }] } },
    [],
    "its ports wait 4 s at most",
  ],
  [
    "a port that does not forward yet, beside one that does",
    {
      network: {
        bpdus: [
          { kind: "rstp", bridge: BRIDGE, forwardDelaySeconds: 0, forwards: true },
          { kind: "rstp", bridge: BRIDGE, forwardDelaySeconds: 0, forwards: false },
        ],
      },
    },
    ["warning spanning-tree"],
    "its port here lets nothing through yet; set the ports",
  ],
])("%s", (_, scene, bad, says) => {
  const told = found(scene);
  expect(told.bad).toEqual(bad);
  expect(told.text).toContain(says);
});

test("where packet sockets cannot be had, the doctor says that it did not hear spanning tree", () => {
  const facts = factsOf({});
  const networks = facts.probe?.networks.map(({ bpdus: _bpdus, ...deaf }) => deaf) ?? [];
  const findings = probeFindings({ ...facts, probe: { seconds: 6, networks } });
  expect(findings.map(formatFinding).join("\n")).toContain(
    "spanning tree could not be listened for on eth0; run this as root",
  );
});

const HEARD = { interface: "eth0", givesAddresses: false, lastMs: NOW_MS - 5 * MINUTE_MS };

test("what the running server has heard is told, but not of a server that has just answered", () => {
  const heard = [{ ...HEARD, address: "10.0.0.9", mac: BRIDGE, boots: "PXEClient, x.efi" }];
  const server = { ...RUNNING, heard };
  const { probe: _probe, ...unasked } = factsOf({ server });
  expect(probeFindings(unasked).map(formatFinding)).toEqual([
    expect.stringMatching(
      /^warning {2}the server that runs has heard 10\.0\.0\.9 \(52:.* last 5 minutes ago \(PXEClient, x\.efi\); switch/,
    ),
  ]);
  const told = found({ answers: [ROUTER, MINE, THEIRS], server });
  expect(told.bad).toEqual(["warning other-boot-server"]);
});

test("a second server of addresses that was heard is trouble only where Mayfly gives them", () => {
  const server = { ...RUNNING, heard: [{ ...HEARD, address: "10.0.0.9", givesAddresses: true }] };
  const { probe: _probe, ...facts } = factsOf({ server });
  expect(probeFindings(facts)).toEqual([]);
  const giving = { ...facts, network: { ...facts.network, givesAddresses: true } };
  expect(probeFindings(giving)).toMatchObject([{ code: "dhcp-servers", level: "warning" }]);
});
