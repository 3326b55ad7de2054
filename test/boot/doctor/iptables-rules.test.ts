import { expect, test } from "vitest";
import { parseIptables } from "../../../src/boot/doctor/iptables-rules.ts";
import { ALL, iptables, NIXOS, PORTS, shut } from "../../support/firewall-rules.ts";
import { ufw } from "../../support/ufw-rules.ts";

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
  [
    "what ufw allows from a network's addresses does not let in who has none yet",
    ufw("-s 192.168.1.0/24 -j ACCEPT"),
    ["udp 67"],
  ],
  [
    "no more does what is open for all addresses but the one that stands for none",
    iptables("DROP", "-A INPUT ! -s 0.0.0.0/32 -j ACCEPT"),
    ["udp 67"],
  ],
  ["any source is that one too", iptables("DROP", "-A INPUT ! -s 192.168.1.0/24 -j ACCEPT"), []],
  [
    "a wall against senders without an address is one against DHCP",
    iptables("ACCEPT", "-A INPUT -s 0.0.0.0/8 -j DROP"),
    ["udp 67"],
  ],
  [
    "what was answered or translated is no first packet",
    iptables(
      "DROP",
      "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT",
      "-A INPUT -m conntrack --ctstatus SEEN_REPLY,ASSURED -j ACCEPT",
    ),
    ALL,
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
