import { expect, test } from "vitest";
import { parseNft } from "../../../src/boot/doctor/nft-rules.ts";
import { ALL, nft, shut } from "../../support/firewall-rules.ts";

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
const field = (protocol: string, name: string, right: unknown, op = "==") => ({
  match: { op, left: { payload: { protocol, field: name } }, right },
});
const from = (right: unknown, op = "==") => field("ip", "saddr", right, op);
const status = (op: string, right: unknown) => ({ match: { op, left: { ct: { key: "status" } }, right } });
const REJECT = { reject: { type: "icmpx", expr: "admin-prohibited" } };
/** As firewalld has it in its zone `public`. @param allow - the zone's own */
const firewalld = (...allow: readonly object[][]) =>
  nft("accept", {
    input: [
      [ESTABLISHED, ACCEPT],
      [status("in", "dnat"), ACCEPT],
      [meta("iifname", "lo"), ACCEPT],
      [{ match: { op: "in", left: { ct: { key: "state" } }, right: "invalid" } }, { drop: null }],
      [{ jump: { target: "filter_INPUT_ZONES" } }],
      [REJECT],
    ],
    filter_INPUT_ZONES: [[{ goto: { target: "filter_IN_public" } }]],
    filter_IN_public: [
      [{ jump: { target: "filter_INPUT_POLICIES_pre" } }],
      [{ jump: { target: "filter_IN_public_allow" } }],
      [meta("l4proto", { set: ["icmp", "ipv6-icmp"] }), ACCEPT],
      [REJECT],
    ],
    filter_INPUT_POLICIES_pre: [[field("icmpv6", "type", "nd-neighbor-advert"), ACCEPT]],
    filter_IN_public_allow: [[port("tcp", 22), ACCEPT], ...allow],
  });
/** As NixOS has it with `networking.nftables.enable`, and SSH open. */
const NIXOS = {
  input: [
    [meta("iifname", "lo"), ACCEPT],
    [
      {
        vmap: {
          key: { ct: { key: "state" } },
          data: {
            set: [
              ["invalid", { drop: null }],
              ["established", ACCEPT],
              ["related", ACCEPT],
              ["new", { jump: { target: "input-allow" } }],
              ["untracked", { jump: { target: "input-allow" } }],
            ],
          },
        },
      },
    ],
    [
      {
        match: {
          op: "==",
          left: { "&": [{ payload: { protocol: "tcp", field: "flags" } }, ["fin", "syn", "rst", "ack"]] },
          right: "syn",
        },
      },
      { log: { prefix: "refused connection: ", level: "info" } },
    ],
  ],
  "input-allow": [
    [port("tcp", 22), ACCEPT],
    [field("icmp", "type", "echo-request"), ACCEPT],
    [field("icmpv6", "type", { set: ["nd-redirect", 139] }, "!="), ACCEPT],
    [field("ip6", "daddr", { prefix: { addr: "fe80::", len: 64 } }), port("udp", 546), ACCEPT],
  ],
};

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
  ["NixOS' own rules alone shut all", nft("drop", NIXOS), ALL],
  [
    "what NixOS was told to allow is open",
    nft("drop", {
      ...NIXOS,
      "input-allow": [
        [port("tcp", 8080), ACCEPT],
        [port("udp", { set: [67, 69, 4011] }), ACCEPT],
        ...NIXOS["input-allow"],
      ],
    }),
    [],
  ],
  ...[
    field("icmpv6", "type", "nd-redirect", "!="),
    field("ip6", "nexthdr", "tcp", "!="),
    field("sctp", "dport", 7, "!="),
    { match: { op: "!=", left: { exthdr: { name: "hbh", field: "nexthdr" } }, right: 6 } },
    {
      match: {
        op: "!=",
        left: { concat: [{ payload: { protocol: "ip6", field: "saddr" } }, { meta: { key: "iif" } }] },
        right: { set: [{ concat: ["fe80::1", "lo"] }] },
      },
    },
  ].map((condition): [string, string, string[]] => [
    `a header that no packet has does not differ from anything: ${JSON.stringify(condition.match.left)}`,
    nft("drop", { input: [[condition, ACCEPT]] }),
    ALL,
  ]),
  ...[
    field("ether", "saddr", "52:54:00:12:34:56"),
    field("ether", "saddr", "52:54:00:12:34:56", "!="),
    field("vlan", "id", 7),
    { match: { op: "==", left: { payload: { base: "th", offset: 16, len: 16 } }, right: 67 } },
  ].map((condition): [string, string, string[]] => [
    `what stands before or behind the headers is the benefit of the doubt: ${JSON.stringify(condition.match)}`,
    nft("drop", { input: [[condition, ACCEPT]] }),
    [],
  ]),
  [
    "what only TCP has is in no packet of UDP",
    nft("drop", { input: [[field("tcp", "dport", 22, "!="), ACCEPT]] }),
    ["udp 67", "udp 69", "udp 4011"],
  ],
  ["firewalld's own rules alone shut all", firewalld(), ALL],
  [
    "what firewalld was told to allow is open",
    firewalld(...[67, 69, 4011].map((each) => [port("udp", each), ACCEPT]), [port("tcp", 8080), ACCEPT]),
    [],
  ],
  ...["dnat", "snat", "assured", "seen-reply"].map((each): [string, string, string[]] => [
    `a first packet has no state of ${each}`,
    nft("drop", { input: [[status("in", each), ACCEPT]] }),
    ALL,
  ]),
  ["nor one of several", nft("drop", { input: [[status("in", ["dnat", "seen-reply"]), ACCEPT]] }), ALL],
  [
    "and it differs from one that was answered",
    nft("accept", { input: [[status("!=", "seen-reply"), { drop: null }]] }),
    ALL,
  ],
  [
    "whether it was expected nobody knows",
    nft("drop", { input: [[status("in", ["dnat", "expected"]), ACCEPT]] }),
    [],
  ],
  ...[
    from({ prefix: { addr: "192.168.1.0", len: 24 } }),
    from("192.168.1.5"),
    from({ range: ["192.168.1.5", "192.168.1.9"] }),
    from({ set: ["192.168.1.5", { prefix: { addr: "10.0.0.0", len: 8 } }] }),
    from("0.0.0.0", "!="),
  ].map((condition): [string, string, string[]] => [
    `a machine that has no address yet is not let in by one: ${JSON.stringify(condition.match)}`,
    nft("drop", { input: [[condition, ACCEPT]] }),
    ["udp 67"],
  ]),
  ...[
    from("0.0.0.0"),
    from({ prefix: { addr: "0.0.0.0", len: 8 } }),
    from({ set: ["10.0.0.5", { range: ["0.0.0.0", "1.0.0.0"] }] }),
    from("192.168.1.5", "!="),
    from("@nobody-knows"),
  ].map((condition): [string, string, string[]] => [
    `a machine that has no address yet is let in by none: ${JSON.stringify(condition.match)}`,
    nft("drop", { input: [[condition, ACCEPT]] }),
    [],
  ]),
  [
    "a wall against senders without an address is one against DHCP",
    nft("accept", { input: [[from({ prefix: { addr: "0.0.0.0", len: 8 } }), { drop: null }]] }),
    ["udp 67"],
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
