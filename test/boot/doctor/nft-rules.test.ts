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
