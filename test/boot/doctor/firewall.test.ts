import { expect, test } from "vitest";
import { openingOf } from "../../../src/boot/doctor/firewall.ts";
import { parseIptables } from "../../../src/boot/doctor/iptables-rules.ts";
import { parseNft } from "../../../src/boot/doctor/nft-rules.ts";
import { iptables, NIXOS, nft, shut } from "../../support/firewall-rules.ts";

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
