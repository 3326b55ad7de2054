/** What keeps machines from reaching the server, or the server from hearing them. */

import { describeContainer } from "../server/container.ts";
import { chooseInterfaces } from "../server/served-interfaces.ts";
import type { Facts } from "./facts.ts";
import { type Finding, ok } from "./finding.ts";
import { isShut, openingOf } from "./firewall.ts";

/** Interfaces, container, MTU, firewall. */
export function networkFindings(facts: Facts): readonly Finding[] {
  return [...interfaceFindings(facts), ...mtuFindings(facts), ...firewallFindings(facts)];
}

function choose({ network: { present, named, publicAddress } }: Facts) {
  return chooseInterfaces(present, { named, ...(publicAddress === undefined ? {} : { publicAddress }) });
}

function interfaceFindings(facts: Facts): Finding[] {
  const { arrivals, lacking } = choose(facts);
  const { container, dhcp } = facts.network;
  const served = arrivals.map(({ self, interface: name }) => `${self} (${name})`).join(", ");
  const notice = describeContainer(container, arrivals, dhcp);
  return [
    lacking === undefined
      ? ok("interface", `machines reach this server at ${served}`)
      : {
          code: "interface",
          level: "fault",
          text: lacking,
          cure: "plug in the cable, give the interface an address, or name another one with --interface",
        },
    ...(notice === undefined
      ? []
      : [
          {
            code: "container-network" as const,
            level: "warning" as const,
            text: notice.text,
            ...(notice.cure === undefined ? {} : { cure: notice.cure }),
          },
        ]),
  ];
}

const ETHERNET_MTU = 1500;

function mtuFindings(facts: Facts): Finding[] {
  const small = new Map(
    choose(facts)
      .arrivals.filter(({ mtu }) => mtu < ETHERNET_MTU)
      .map(({ interface: name, mtu }) => [name, mtu]),
  );
  return [...small].map(([name, mtu]) => ({
    code: "small-mtu",
    level: "warning",
    text: `${name} carries ${mtu} bytes, and machines with Ethernet's 1500 may send or want more`,
    cure: "if transfers stand still, set 'tftpBlockSize: 512', or the same MTU everywhere on that network",
  }));
}

function firewallFindings(facts: Facts): Finding[] {
  const { walls, unread } = facts.firewall;
  const interfaces = [...new Set(choose(facts).arrivals.map((each) => each.interface))];
  // Who asks the admin plane from elsewhere is no machine that boots.
  const ports = facts.ports
    .map(({ wanted }) => wanted)
    .filter(({ purpose, port }) => purpose !== "admin" && purpose !== "piConsole" && port !== 0);
  const shut = walls.flatMap((wall) => {
    const closed = ports.filter(({ protocol, port }) => isShut(wall, { protocol, port, interfaces }));
    return closed.length === 0 ? [] : [{ wall, closed }];
  });
  const found = shut.map(({ wall, closed }): Finding => {
    const list = closed.map(({ protocol, port }) => `${protocol.toUpperCase()} ${port}`).join(", ");
    const text = `the firewall (${wall.tool}: ${wall.name}) drops what machines send to ${list}`;
    return { code: "firewall", level: "warning", text, cure: openingOf(wall, closed) };
  });
  if (found.length > 0) return found;
  if (unread.length > 0) {
    const cure = "run this as root, once, to have them looked at";
    return [
      {
        code: "firewall",
        level: "warning",
        text: `the firewall's rules may not be read by this user (${unread.join(", ")})`,
        cure,
      },
    ];
  }
  return [
    ok(
      "firewall",
      walls.length === 0 ? "no firewall rules hold anything back" : "the firewall lets the ports through",
    ),
  ];
}
