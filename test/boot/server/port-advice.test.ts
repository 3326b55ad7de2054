import { expect, test } from "vitest";
import { adviseOnPort, type PortProblem, type WantedPort } from "../../../src/boot/server/port-advice.ts";

const TFTP: WantedPort = { protocol: "udp", port: 69, purpose: "tftp" };
const DHCP: WantedPort = { protocol: "udp", port: 67, purpose: "dhcp" };
const HTTP: WantedPort = { protocol: "tcp", port: 8080, purpose: "http" };

function problem(wanted: WantedPort, code: string, more: Partial<PortProblem> = {}): PortProblem {
  return { wanted, code, holders: [], nodePath: "/usr/bin/node", isService: false, isRoot: false, ...more };
}

test.each<[why: string, problem: PortProblem, text: string, cure: string]>([
  [
    "an ordinary user gets the command for the very Node that runs",
    problem(TFTP, "EACCES", { nodePath: "/home/a b/node" }),
    "UDP port 69 (TFTP) may not be opened by this user",
    "sudo setcap cap_net_bind_service=+ep '/home/a b/node'",
  ],
  [
    "a Node in the nix store cannot be given a right, the system can",
    problem(DHCP, "EACCES", { nodePath: "/nix/store/x-node/bin/node" }),
    "UDP port 67 (DHCP) may not be opened by this user",
    "sudo sysctl net.ipv4.ip_unprivileged_port_start=67",
  ],
  [
    "a service gets the line for its unit",
    problem(DHCP, "EACCES", { isService: true }),
    "UDP port 67 (DHCP) may not be opened by this user",
    "add 'AmbientCapabilities=CAP_NET_BIND_SERVICE' to the [Service] part of the unit",
  ],
  [
    "root without the right is in a container",
    problem(DHCP, "EPERM", { isRoot: true }),
    "UDP port 67 (DHCP) may not be opened by this user",
    "give the container the capability NET_BIND_SERVICE ('--cap-add NET_BIND_SERVICE')",
  ],
  [
    "a service that has the port is stopped by its name",
    problem(DHCP, "EADDRINUSE", { holders: [{ pid: 7, name: "dnsmasq", unit: "dnsmasq.service" }] }),
    "UDP port 67 (DHCP) is in use by dnsmasq (process 7)",
    "'sudo systemctl stop dnsmasq.service', or let that DHCP server name the boot program and start with '--dhcp off'",
  ],
  [
    "a process that has the port is stopped by its number",
    problem(HTTP, "EADDRINUSE", {
      holders: [
        { pid: 8, name: "nginx" },
        { pid: 9, name: "nginx" },
      ],
    }),
    "TCP port 8080 (what machines fetch) is in use by nginx (process 8 and 1 more)",
    "stop it ('sudo kill 8'), or choose another with '--http-port'",
  ],
  [
    "a process of another user is found by root",
    problem(TFTP, "EADDRINUSE"),
    "UDP port 69 (TFTP) is in use by a process of another user",
    "'sudo ss -lunp \"sport = :69\"' tells which; choose another with '--tftp-port', if your firmware can be told so: most asks 69 only",
  ],
  [
    "an address that went is served when it is back",
    problem(HTTP, "EADDRNOTAVAIL"),
    "TCP port 8080 (what machines fetch) cannot be opened: its address has gone",
    "give the interface its address back: it is served from then on",
  ],
  [
    "anything else is told as the system calls it",
    problem({ protocol: "tcp", port: 8081, purpose: "admin" }, "EADDRNOTAVAIL"),
    "TCP port 8081 (the admin plane) cannot be opened: EADDRNOTAVAIL",
    "choose another with '--admin'",
  ],
])("%s", (_why, given, text, cure) => {
  expect(adviseOnPort(given)).toEqual({ text, cure });
});
