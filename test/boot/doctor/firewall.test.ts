import { expect, test } from "vitest";
import { type FirstPacket, isShut, openingOf, type Wall } from "../../../src/boot/doctor/firewall.ts";
import { parseIptables } from "../../../src/boot/doctor/iptables-rules.ts";
import { parseNft } from "../../../src/boot/doctor/nft-rules.ts";
import { ufw } from "../../support/ufw-rules.ts";

const PORTS = [
  ["udp", 67],
  ["udp", 69],
  ["udp", 4011],
  ["tcp", 8080],
] as const;

/** The ports that are shut for who comes by `eth0`. */
function shut(walls: readonly Wall[], interfaces = ["eth0"]): string[] {
  expect(walls).not.toEqual([]);
  return PORTS.filter(([protocol, port]) =>
    walls.some((wall) => isShut(wall, { protocol, port, interfaces } satisfies FirstPacket)),
  ).map(([protocol, port]) => `${protocol} ${port}`);
}

const ALL = PORTS.map(([protocol, port]) => `${protocol} ${port}`);

const port = (protocol: string, right: unknown) => ({
  match: { op: "==", left: { payload: { protocol, field: "dport" } }, right },
});
const meta = (key: string, right: unknown, op = "==") => ({ match: { op, left: { meta: { key } }, right } });
const ESTABLISHED = {
  match: { op: "in", left: { ct: { key: "state" } }, right: ["established", "related"] },
};
const FROM_TEN = {
  match: {
    op: "==",
    left: { payload: { protocol: "ip", field: "saddr" } },
    right: { prefix: { addr: "10.0.0.0", len: 8 } },
  },
};
const ACCEPT = { accept: null };

/** As `nft -j list ruleset` prints a table `inet filter`: rules by chain; `input` has the hook. */
function nft(
  policy: string,
  rules: Readonly<Record<string, readonly object[][]>>,
  sets: object[] = [],
): string {
  const place = { family: "inet", table: "filter" };
  return JSON.stringify({
    nftables: [
      { metainfo: { version: "1.0.6", json_schema_version: 1 } },
      { table: { family: "inet", name: "filter", handle: 1 } },
      ...sets.map((set) => ({ set: { ...place, ...set } })),
      ...Object.keys(rules).map((name) => ({
        chain: {
          ...place,
          name,
          ...(name === "input" ? { type: "filter", hook: "input", prio: 0, policy } : {}),
        },
      })),
      ...Object.entries(rules).flatMap(([chain, list]) =>
        list.map((expr, handle) => ({ rule: { ...place, chain, handle, expr } })),
      ),
    ],
  });
}

test.each<[why: string, text: string, shut: readonly string[]]>([
  ["a policy of accept lets all in", nft("accept", { input: [] }), []],
  ["a policy of drop without a rule shuts all", nft("drop", { input: [] }), ALL],
  [
    "what is open for answers and for the machine itself is not open for machines",
    nft("drop", {
      input: [
        [ESTABLISHED, ACCEPT],
        [meta("iif", "lo"), ACCEPT],
      ],
    }),
    ALL,
  ],
  [
    "single ports, ranges and sets open what they hold",
    nft(
      "drop",
      {
        input: [
          [port("tcp", { set: [22, { range: [8000, 8100] }] }), ACCEPT],
          [port("udp", "@open"), { counter: { packets: 0, bytes: 0 } }, ACCEPT],
        ],
      },
      [{ name: "open", type: "inet_service", elem: [69, { elem: { val: 4011, comment: "PXE" } }] }],
    ),
    ["udp 67"],
  ],
  [
    "a port that is open for some addresses is not warned of",
    nft("drop", { input: [[FROM_TEN, port("udp", 69), ACCEPT]] }),
    ["udp 67", "udp 4011", "tcp 8080"],
  ],
  ["an interface of ours opens all", nft("drop", { input: [[meta("iifname", "eth0"), ACCEPT]] }), []],
  ["another interface opens nothing", nft("drop", { input: [[meta("iifname", "eth1"), ACCEPT]] }), ALL],
  [
    "everything but one interface is refused",
    nft("accept", { input: [[meta("iifname", "eth0", "!="), ACCEPT], [{ reject: { type: "icmpx" } }]] }),
    ALL,
  ],
  [
    "a rule in another chain counts, and what comes after it too",
    nft("accept", {
      input: [[{ jump: { target: "more" } }], [{ reject: null }]],
      more: [
        [port("udp", 4011), ACCEPT],
        [port("udp", 69), { return: null }],
      ],
    }),
    ["udp 67", "udp 69", "tcp 8080"],
  ],
  [
    "a chain that is gone to does not come back",
    nft("drop", { input: [[{ goto: { target: "zone" } }], [ACCEPT]], zone: [[port("udp", 69), ACCEPT]] }),
    ["udp 67", "udp 4011", "tcp 8080"],
  ],
  [
    "a map of verdicts is read by the port",
    nft("drop", {
      input: [
        [
          {
            vmap: {
              key: { ct: { key: "state" } },
              data: {
                set: [
                  ["established", ACCEPT],
                  ["invalid", { drop: null }],
                ],
              },
            },
          },
        ],
        [
          {
            vmap: {
              key: { payload: { protocol: "udp", field: "dport" } },
              data: {
                set: [
                  [67, ACCEPT],
                  [69, { drop: null }],
                ],
              },
            },
          },
        ],
      ],
    }),
    ["udp 69", "udp 4011", "tcp 8080"],
  ],
  [
    "what an unknown extension asks is given the benefit of the doubt",
    nft("drop", { input: [[{ xt: { type: "match", name: "owner" } }, ACCEPT]] }),
    [],
  ],
  [
    "a refusal that asks for an unknown thing proves nothing",
    nft("accept", { input: [[FROM_TEN, { drop: null }]] }),
    [],
  ],
])("nft: %s", (_, text, expected) => {
  expect(shut(parseNft(text))).toEqual(expected);
});

test("nft: only a chain at the input hook that sees IPv4 counts, and no other text breaks anything", () => {
  const other = nft("drop", { input: [] }).replace('"hook":"input"', '"hook":"forward"');
  expect(parseNft(other)).toEqual([]);
  expect(parseNft(nft("drop", { input: [] }).replaceAll('"inet"', '"ip6"'))).toEqual([]);
  for (const text of ["", "{}", "nonsense", '{"nftables": 7}', '{"nftables": [null, {"rule": 1}]}']) {
    expect(parseNft(text)).toEqual([]);
  }
});

const NIXOS = `# Generated by iptables-save
*nat
:PREROUTING ACCEPT [0:0]
COMMIT
*filter
:INPUT ACCEPT [5:300]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:nixos-fw - [0:0]
:nixos-fw-accept - [0:0]
:nixos-fw-log-refuse - [0:0]
:nixos-fw-refuse - [0:0]
-A INPUT -j nixos-fw
-A nixos-fw -i lo -j nixos-fw-accept
-A nixos-fw -m conntrack --ctstate RELATED,ESTABLISHED -j nixos-fw-accept
-A nixos-fw -p tcp -m tcp --dport 22 -j nixos-fw-accept
-A nixos-fw -p udp -m udp --dport 67:69 -j nixos-fw-accept
-A nixos-fw -p icmp -m icmp --icmp-type 8 -j nixos-fw-accept
-A nixos-fw -j nixos-fw-log-refuse
-A nixos-fw-accept -j ACCEPT
-A nixos-fw-log-refuse -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j LOG --log-prefix "refused connection: " --log-level 6
-A nixos-fw-log-refuse -m pkttype ! --pkt-type unicast -j nixos-fw-refuse
-A nixos-fw-log-refuse -j nixos-fw-refuse
-A nixos-fw-refuse -j DROP
COMMIT
`;

/** A filter table with these lines. */
const iptables = (policy: string, ...rules: readonly string[]) =>
  ["*filter", `:INPUT ${policy} [0:0]`, ...rules, "COMMIT", ""].join("\n");

test.each<[why: string, text: string, shut: readonly string[]]>([
  ["a policy of accept lets all in", iptables("ACCEPT"), []],
  [
    "a policy of drop shuts what no rule opens",
    iptables("DROP", "-A INPUT -p udp -m multiport --dports 67,69,4011 -j ACCEPT"),
    ["tcp 8080"],
  ],
  ["NixOS' chains are followed", NIXOS, ["udp 4011", "tcp 8080"]],
  ["ufw's own rules alone shut all", ufw(), ALL],
  [
    "what ufw was told to allow is open",
    ufw(...PORTS.map(([protocol, port]) => `-p ${protocol} -m ${protocol} --dport ${port} -j ACCEPT`)),
    [],
  ],
  [
    "what ufw limits is open until it is too much",
    ufw(
      "-p udp -m udp --dport 69 -m conntrack --ctstate NEW -m recent --set --name DEFAULT --rsource",
      "-p udp -m udp --dport 69 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --rsource -j ufw-user-limit",
      "-p udp -m udp --dport 69 -j ufw-user-limit-accept",
    ),
    ["udp 67", "udp 4011", "tcp 8080"],
  ],
  ["ufw opens all of an interface", ufw("-i eth0 -j ACCEPT"), []],
  [
    "what may have left a chain is not dropped at its end, but where it came back to",
    iptables(
      "ACCEPT",
      ":a - [0:0]",
      "-A INPUT -j a",
      "-A INPUT -p tcp -j DROP",
      "-A a -m addrtype --dst-type LOCAL -j RETURN",
      "-A a -j DROP",
    ),
    ["tcp 8080"],
  ],
  [
    "so it is with what may have gone to another chain for good",
    iptables(
      "ACCEPT",
      ":a - [0:0]",
      ":b - [0:0]",
      "-A INPUT -j a",
      "-A a -m addrtype --dst-type LOCAL -g b",
      "-A a -j DROP",
      "-A b -p tcp -j DROP",
    ),
    ["tcp 8080"],
  ],
  [
    "and with what may have left the first chain for its policy",
    iptables("ACCEPT", "-A INPUT -m addrtype --dst-type LOCAL -j RETURN", "-A INPUT -j DROP"),
    [],
  ],
  [
    "what may have been in a chain and came back is dropped after it",
    iptables("ACCEPT", ":a - [0:0]", "-A INPUT -m addrtype --dst-type LOCAL -j a", "-A INPUT -j DROP"),
    ALL,
  ],
  ["an interface of ours opens all", iptables("DROP", "-A INPUT -i eth+ -j ACCEPT"), []],
  ["another interface opens nothing", iptables("DROP", "-A INPUT ! -i eth0 -j ACCEPT"), ALL],
  [
    "some addresses are the benefit of the doubt",
    iptables("DROP", "-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 8080 -j ACCEPT"),
    ["udp 67", "udp 69", "udp 4011"],
  ],
  [
    "a chain that was not listed is not held against anybody",
    iptables("DROP", "-A INPUT -j NFQUEUE --queue-num 0"),
    [],
  ],
  [
    "a comment with the words of a rule is none",
    iptables("DROP", '-A INPUT -p udp -m comment --comment "-j ACCEPT" -j DROP'),
    ALL,
  ],
])("iptables: %s", (_, text, expected) => {
  expect(shut(parseIptables(text))).toEqual(expected);
});

test("iptables: without a filter table there is no wall", () => {
  expect(parseIptables("")).toEqual([]);
  expect(parseIptables("*nat\n:INPUT DROP [0:0]\nCOMMIT\n")).toEqual([]);
});

test("chains that jump in circles end, and shut nothing", () => {
  expect(shut(parseIptables(iptables("DROP", ":a - [0:0]", "-A INPUT -j a", "-A a -j a")))).toEqual([]);
});

test.each<[string, string, string]>([
  ["nft", nft("drop", { input: [] }), "sudo nft insert rule inet filter input udp dport 69 accept"],
  [
    "firewalld",
    nft("drop", { input: [] }).replaceAll('"table":"filter"', '"table":"firewalld"'),
    "sudo firewall-cmd --permanent --add-port=69/udp && sudo firewall-cmd --reload",
  ],
  ["iptables", iptables("DROP"), "sudo iptables -I INPUT -p udp --dport 69 -j ACCEPT"],
  ["ufw", iptables("DROP", ":ufw-user-input - [0:0]"), "sudo ufw allow 69/udp"],
  ["NixOS", NIXOS, "networking.firewall.allowedUDPPorts = [ 69 ];"],
])("the cure speaks as the firewall's keeper does: %s", (_, text, cure) => {
  const [wall] = [...parseNft(text), ...parseIptables(text)];
  expect(wall && openingOf(wall, [{ protocol: "udp", port: 69 }])).toBe(cure);
});
