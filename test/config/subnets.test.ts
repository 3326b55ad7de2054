import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ownAddressMistakes } from "../../src/config/check-own.ts";
import { parseConfig } from "../../src/config/config-text.ts";
import { loadSettings } from "../../src/config/load.ts";
import { ConfigError, formatMistake } from "../../src/config/mistake.ts";
import { reservationsOf, subnetsOf } from "../../src/config/subnets.ts";
import { unhex } from "../support/packets.ts";
import { tempFolder } from "../support/temp-folder.ts";

function mistakesOf(text: string): string[] {
  return parseConfig(text, "mayfly.yaml").mistakes.map(formatMistake);
}

function read(text: string) {
  const { config, mistakes } = parseConfig(text, "mayfly.yaml");
  expect(mistakes).toEqual([]);
  return { subnets: subnetsOf(config), reservations: reservationsOf(config) };
}

describe("what is believed of subnets", () => {
  test("one line is enough: the upper half is leased for twelve hours", () => {
    expect(read("subnets: [{ subnet: 10.0.0.0/24 }]").subnets).toEqual([
      {
        network: "10.0.0.0",
        length: 24,
        pools: [{ first: "10.0.0.128", last: "10.0.0.254" }],
        hasDefaultPool: true,
        options: new Map(),
        leaseSeconds: 43_200,
        maxLeaseSeconds: 86_400,
        conflictSeconds: 3_600,
        probe: true,
      },
    ]);
  });

  test.each([
    ["10.0.0.4/30", "10.0.0.6", "10.0.0.6"],
    ["192.168.0.0/22", "192.168.2.0", "192.168.3.254"],
    ["10.0.0.0/8", "10.128.0.0", "10.128.255.255"],
  ])("the default pool of %s is %s to %s", (subnet, first, last) => {
    expect(read(`subnets: [{ subnet: ${subnet} }]`).subnets[0]?.pools).toEqual([{ first, last }]);
  });

  test("every key becomes the option that it stands for", () => {
    const { subnets } = read(`subnets:
  - subnet: 10.0.0.1/24
    pools: [10.0.0.100-10.0.0.199, 10.0.0.210]
    router: 10.0.0.1
    dns: [10.0.0.1, 10.0.0.2]
    ntp: 10.0.0.3
    domain: example.net
    mtu: 1400
    leaseSeconds: 100000
    conflictSeconds: 0
    probe: false
    options:
      119: [a.bc, d]
      121: [default via 10.0.0.1, 10.8.0.0/16 via 10.0.0.2]
      19: true
      23: 64
      108: 300
      114: https://example.net/portal
      150: [10.0.0.9]
      16: 10.0.0.8
      224: "hex: 0a 00 00:01"
`);
    expect(subnets[0]).toMatchObject({
      network: "10.0.0.0",
      pools: [
        { first: "10.0.0.100", last: "10.0.0.199" },
        { first: "10.0.0.210", last: "10.0.0.210" },
      ],
      leaseSeconds: 100_000,
      maxLeaseSeconds: 100_000,
      conflictSeconds: 0,
      probe: false,
    });
    const hex = (code: number) => Buffer.from(subnets[0]?.options.get(code) ?? []).toString("hex");
    expect(subnets[0]?.options).toEqual(
      new Map([
        [3, unhex("0a000001")],
        [6, unhex("0a000001 0a000002")],
        [15, new TextEncoder().encode("example.net")],
        [26, unhex("0578")],
        [42, unhex("0a000003")],
        [119, unhex("0161 026263 00 0164 00")],
        [121, unhex("00 0a000001 10 0a08 0a000002")],
        [19, unhex("01")],
        [23, unhex("40")],
        [108, unhex("0000012c")],
        [114, new TextEncoder().encode("https://example.net/portal")],
        [150, unhex("0a000009")],
        [16, unhex("0a000008")],
        [224, unhex("0a000001")],
      ]),
    );
    expect(hex(26)).toBe("0578");
  });

  test("hosts and a subnet's own reservations are one list; a host's name and options count without an address", () => {
    const { reservations } = read(`subnets:
  - subnet: 10.0.0.0/24
    reservations:
      - { address: 10.0.0.9, clientIds: ["01:52:54:00:12:34:61"], options: { 26: 9000 } }
hosts:
  beta:
    macs: [52-54-00-12-34-56]
    uuids: ["{4C4C4544-0046-3310-8053-b3c04f4d5132}"]
    address: [10.0.0.7]
    clientIds: [ff0102]
  52-54-00-12-34-57: { options: { 15: lab } }
`);
    expect(reservations).toEqual([
      {
        host: "beta",
        macs: ["52:54:00:12:34:56"],
        clientIds: ["ff0102"],
        uuids: ["4c4c4544-0046-3310-8053-b3c04f4d5132"],
        serials: [],
        addresses: ["10.0.0.7"],
        options: new Map(),
      },
      {
        host: "52-54-00-12-34-57",
        macs: ["52:54:00:12:34:57"],
        clientIds: [],
        uuids: [],
        serials: [],
        addresses: [],
        options: new Map([[15, new TextEncoder().encode("lab")]]),
      },
      {
        macs: [],
        clientIds: ["01525400123461"],
        uuids: [],
        serials: [],
        addresses: ["10.0.0.9"],
        options: new Map([[26, unhex("2328")]]),
      },
    ]);
  });
});

const SUBNET = "subnets:\n- subnet: 10.0.0.0/24\n";

describe("a mistake about addresses is told with its line, its key, what was read and what is wanted", () => {
  test.each<[why: string, text: string, ...messages: string[]]>([
    [
      "a subnet is none",
      "subnets: [{ subnet: 10.0.0.0 }]",
      "mayfly.yaml:1: subnets[0].subnet: read '10.0.0.0', want a network of 2 to 16777214 addresses such as 10.0.0.0/24",
    ],
    [
      "a subnet has no room for machines",
      "subnets: [{ subnet: 10.0.0.0/31 }]",
      "mayfly.yaml:1: subnets[0].subnet: read '10.0.0.0/31', want a network of 2 to 16777214 addresses such as 10.0.0.0/24",
    ],
    [
      "subnets overlap",
      "subnets:\n- subnet: 10.0.0.0/16\n- subnet: 10.0.7.0/24",
      "mayfly.yaml:3: subnets[1].subnet: read '10.0.7.0/24', want a network apart from the others: 10.0.0.0/16 overlaps it (mayfly.yaml:2)",
    ],
    [
      "a pool lies outside its subnet",
      `${SUBNET}  pools: [10.0.1.100-10.0.1.200]`,
      "mayfly.yaml:3: subnets[0].pools[0]: read '10.0.1.100-10.0.1.200', want a range within 10.0.0.0/24: 10.0.0.1 to 10.0.0.254",
    ],
    [
      "a pool begins after its end",
      `${SUBNET}  pools: [10.0.0.200-10.0.0.100]`,
      "mayfly.yaml:3: subnets[0].pools[0]: read '10.0.0.200-10.0.0.100', want a range of at most 65536 addresses such as 10.0.0.100-10.0.0.200, or one address",
    ],
    [
      "pools overlap",
      `${SUBNET}  pools:\n  - 10.0.0.100-10.0.0.150\n  - 10.0.0.150-10.0.0.160`,
      "mayfly.yaml:5: subnets[0].pools[1]: read '10.0.0.150-10.0.0.160', want a range apart from the others: 10.0.0.100-10.0.0.150 overlaps it (mayfly.yaml:4)",
    ],
    [
      "a pool has the network's address and that for broadcasts",
      `${SUBNET}  pools: [10.0.0.0-10.0.0.255]`,
      "mayfly.yaml:3: subnets[0].pools[0]: read '10.0.0.0-10.0.0.255', want a range without 10.0.0.0, which is the network's own address",
      "mayfly.yaml:3: subnets[0].pools[0]: read '10.0.0.0-10.0.0.255', want a range without 10.0.0.255, which is the broadcast address",
    ],
    [
      "a pool has the router",
      `${SUBNET}  router: 10.0.0.101\n  pools: [10.0.0.100-10.0.0.150]`,
      "mayfly.yaml:4: subnets[0].pools[0]: read '10.0.0.100-10.0.0.150', want a range without 10.0.0.101, which is the router's",
    ],
    [
      "an address is reserved twice",
      `${SUBNET}  reservations:\n  - address: 10.0.0.7\nhosts:\n  beta: { address: 10.0.0.7 }`,
      "mayfly.yaml:4: subnets[0].reservations[0].address: read '10.0.0.7', want an address that no other has: the host 'beta' has it (mayfly.yaml:6)",
    ],
    [
      "a host's address is in no subnet",
      `${SUBNET}hosts: { beta: { address: 10.0.9.7 } }`,
      "mayfly.yaml:3: hosts.beta.address: read '10.0.9.7', want an address of a subnet: 10.0.0.0/24",
    ],
    [
      "a host has an address and there is no subnet at all",
      "hosts: { beta: { address: 10.0.9.7 } }",
      "mayfly.yaml:1: hosts.beta.address: read '10.0.9.7', want a subnet of it under 'subnets:'",
    ],
    [
      "a host has two addresses in one subnet",
      `${SUBNET}hosts: { beta: { address: [10.0.0.7, 10.0.0.8] } }`,
      "mayfly.yaml:3: hosts.beta.address[1]: read '10.0.0.8', want one address in 10.0.0.0/24: it has 10.0.0.7 there already",
    ],
    [
      "a reservation lies outside its own subnet",
      `${SUBNET}  reservations: [{ address: 10.0.1.7 }]\n- subnet: 10.0.1.0/24`,
      "mayfly.yaml:3: subnets[0].reservations[0].address: read '10.0.1.7', want an address of its subnet, 10.0.0.0/24",
    ],
    [
      "what is reserved can be no machine's",
      `${SUBNET}  router: 10.0.0.1\nhosts: { a: { address: 10.0.0.0 }, b: { address: 10.0.0.255 }, c: { address: 10.0.0.1 } }`,
      "mayfly.yaml:4: hosts.a.address: read '10.0.0.0', want the address of a machine: this is the network's own",
      "mayfly.yaml:4: hosts.b.address: read '10.0.0.255', want the address of a machine: this is for broadcasts",
      "mayfly.yaml:4: hosts.c.address: read '10.0.0.1', want another address: this is the router's",
    ],
    [
      "an identity belongs to a host and to a reservation",
      `${SUBNET}  reservations: [{ address: 10.0.0.9, macs: [525400123456] }]\nhosts: { beta: { macs: ["52:54:00:12:34:56"] } }`,
      "mayfly.yaml:3: subnets[0].reservations[0].macs[0]: read '525400123456', want a MAC address that no other has: the host 'beta' has it (mayfly.yaml:4)",
    ],
    [
      "a client id belongs to two",
      `hosts:\n  a: { clientIds: ["01:02:03"] }\n  b: { clientIds: ["010203"] }`,
      "mayfly.yaml:3: hosts.b.clientIds[0]: read '010203', want a client id that no other has: the host 'a' has it (mayfly.yaml:2)",
    ],
    [
      "the longest lease is shorter than the usual one",
      `${SUBNET}  leaseSeconds: 7200\n  maxLeaseSeconds: 3600`,
      "mayfly.yaml:4: subnets[0].maxLeaseSeconds: read '3600', want at least leaseSeconds, 7200",
    ],
    [
      "a key of a subnet is misspelt",
      `${SUBNET}  routers: 10.0.0.1`,
      "mayfly.yaml:3: subnets[0].routers: read the key 'routers', want 'router'",
    ],
    [
      "a key of a reservation is misspelt",
      `${SUBNET}  reservations: [{ address: 10.0.0.9, mac: x }]`,
      "mayfly.yaml:3: subnets[0].reservations[0].mac: read the key 'mac', want 'macs'",
    ],
    [
      "an option is of another kind",
      `${SUBNET}  options: { 26: 70000, 42: ntp.example.net }`,
      "mayfly.yaml:3: subnets[0].options.26: read '70000', want for option 26 (Interface MTU) a number from 0 to 65535, or its bytes as in 'hex:0a000001'",
      "mayfly.yaml:3: subnets[0].options.42: read 'ntp.example.net', want for option 42 (Network Time Protocol Servers) an IPv4 address, or a list of them, or its bytes as in 'hex:0a000001'",
    ],
    [
      "an option is the server's own to set, or none at all",
      `${SUBNET}  options: { 51: 60, dns: 10.0.0.1 }`,
      "mayfly.yaml:3: subnets[0].options.51: read the key '51', want another option: 51 (IP Address Lease Time) is set by the server itself",
      "mayfly.yaml:3: subnets[0].options.dns: read the key 'dns', want the number of a DHCP option from 1 to 254",
    ],
    [
      "an option without a known layout is no hex",
      `hosts: { beta: { options: { 224: hello } } }`,
      "mayfly.yaml:1: hosts.beta.options.224: read 'hello', want for option 224 (Private) its bytes as in 'hex:0a000001'",
    ],
    [
      "an address is a name",
      `${SUBNET}  dns: [dns.example.net]`,
      "mayfly.yaml:3: subnets[0].dns[0]: read 'dns.example.net', want an IPv4 address such as 10.0.0.7",
    ],
  ])("%s", (_why, text, ...messages) => {
    expect(mistakesOf(text)).toEqual(messages);
  });
});

test("all mistakes about addresses are told at once", () => {
  const text = `subnets:
  - subnet: 10.0.0.0/24
    pools: [10.0.0.100-10.0.0.200, 10.0.0.150-10.0.1.5]
    dns: here
  - subnet: 10.0.0.128/25
hosts:
  beta: { address: 10.3.0.1, macs: [zz] }
`;
  expect(mistakesOf(text).map((each) => each.split(": read")[0])).toEqual([
    "mayfly.yaml:3: subnets[0].pools[1]",
    "mayfly.yaml:3: subnets[0].pools[1]",
    "mayfly.yaml:4: subnets[0].dns",
    "mayfly.yaml:5: subnets[1].subnet",
    "mayfly.yaml:7: hosts.beta.macs[0]",
    "mayfly.yaml:7: hosts.beta.address",
  ]);
});

describe("the mode", () => {
  const load = (config: string, flags = {}, env = {}) => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, "mayfly.yaml"), config);
    return loadSettings({ flags, env, cwd });
  };
  const WANT = "want the networks to give addresses on too, as in 'subnets: [{ subnet: 10.0.0.0/24 }]'";

  test.each([
    ["mayfly.yaml: dhcp", "dhcp: authoritative", {}, {}],
    ["--dhcp", "dhcp: proxy", { dhcp: "authoritative" }, {}],
    ["MAYFLY_DHCP", "", {}, { MAYFLY_DHCP: "authoritative" }],
  ])("authoritative without subnets is refused where it was said: %s", async (place, config, flags, env) => {
    const error = await load(config, flags, env).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(`${place}: read 'authoritative', ${WANT}`);
  });

  test("authoritative with a subnet, and observe without, are taken", async () => {
    const settings = await load("dhcp: authoritative\nsubnets: [{ subnet: 10.0.0.0/24 }]");
    expect(settings).toMatchObject({ dhcp: "authoritative", live: { subnets: [{ network: "10.0.0.0" }] } });
    expect(await load("dhcp: observe")).toMatchObject({ dhcp: "observe", live: { subnets: [] } });
  });

  test("JSON as programs write it is read the same way", async () => {
    const config = { subnets: [{ subnet: "10.0.0.0/24", options: { 26: 1400, 19: true } }] };
    const { live } = await load(JSON.stringify(config));
    expect(live.subnets[0]?.options).toEqual(
      new Map([
        [19, unhex("01")],
        [26, unhex("0578")],
      ]),
    );
  });
});

describe("the server's own addresses", () => {
  const own = ["10.0.0.2", "10.0.0.105", "127.0.0.1"];
  const mistakes = (text: string, dhcp: "authoritative" | "proxy" = "authoritative") => {
    const { config } = parseConfig(text, "mayfly.yaml");
    const live = { subnets: subnetsOf(config), reservations: reservationsOf(config) };
    return ownAddressMistakes({ dhcp, live }, own, "mayfly.yaml").map(formatMistake);
  };

  test("are neither in a pool that the operator named nor reserved", () => {
    const text = `${SUBNET}  pools: [10.0.0.100-10.0.0.110]\n  reservations: [{ address: 10.0.0.105 }]\nhosts: { beta: { address: 10.0.0.2 } }`;
    expect(mistakes(text)).toEqual([
      "mayfly.yaml: subnets[0].pools[0]: read '10.0.0.100-10.0.0.110', want a range without 10.0.0.105, which is this server's own address",
      "mayfly.yaml: hosts.beta.address: read '10.0.0.2', want another address: this is the server's own",
      "mayfly.yaml: the reservation of 10.0.0.105: read '10.0.0.105', want another address: this is the server's own",
    ]);
    expect(mistakes(text, "proxy")).toEqual([]);
  });

  test("may lie in the default pool, which goes around them", () => {
    expect(mistakes("subnets: [{ subnet: 10.0.0.0/25 }]")).toEqual([]);
  });
});
