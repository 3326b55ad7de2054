import { describe, expect, test } from "vitest";
import { chooseInterfaces, type PresentInterface } from "../../../src/boot/server/served-interfaces.ts";

function nic(name: string, ...addresses: string[]): PresentInterface {
  return { name, addresses, isLoopback: name === "lo", mtu: 1500 };
}

const LO = nic("lo", "127.0.0.1");
const ETH0 = nic("eth0", "192.0.2.2");
const ETH1 = nic("eth1", "198.51.100.2");

function names(present: PresentInterface[], named: string[] = []): string[] | string {
  const choice = chooseInterfaces(present, named);
  return choice.type === "none" ? choice.reason : choice.arrivals.map((each) => each.interface);
}

describe("without a name given", () => {
  test("all with an IPv4 address are served, but loopback", () => {
    expect(names([LO, ETH0, ETH1, nic("eth2")])).toEqual(["eth0", "eth1"]);
  });

  test.each([
    "docker0",
    "docker_gwbridge",
    "br-0123456789ab",
    "virbr0",
    "veth1a2b",
    "cni0",
    "cni-podman0",
    "flannel.1",
    "podman1",
    "lxdbr0",
    "cali0123456789a",
  ])("%s belongs to containers", (name) => {
    expect(names([ETH0, nic(name, "172.17.0.1")])).toEqual(["eth0"]);
  });

  test.each(["br0", "br-lan", "bond0", "eno1", "enp3s0f0", "vlan10", "eth0.10", "wlan0"])(
    "%s does not",
    (name) => {
      expect(names([nic(name, "192.0.2.3")])).toEqual([name]);
    },
  );

  test("where there is none, it is said what there is", () => {
    expect(names([LO, nic("docker0", "172.17.0.1"), nic("eth0")])).toBe(
      "no interface to serve: there is lo (127.0.0.1), docker0 (172.17.0.1), eth0 (no IPv4 address); name one with --interface",
    );
    expect(names([])).toBe("no interface to serve: none is up; name one with --interface");
  });
});

describe("with names given", () => {
  test("only those are served, and loopback and bridges are then as good as others", () => {
    expect(names([LO, ETH0, nic("docker0", "172.17.0.1")], ["lo", "docker0"])).toEqual(["lo", "docker0"]);
  });

  test("an unknown name is told with those that there are", () => {
    expect(names([LO, ETH0], ["eth0", "eth7"])).toBe(
      "no interface eth7 with an IPv4 address: there is lo (127.0.0.1), eth0 (192.0.2.2)",
    );
  });
});

test("an arrival has the address that machines can reach, not a link-local one, and the MTU", () => {
  const choice = chooseInterfaces([{ ...nic("eth0", "169.254.7.7", "192.0.2.2"), mtu: 1400 }], []);
  expect(choice).toEqual({
    type: "chosen",
    arrivals: [{ interface: "eth0", self: "192.0.2.2", mtu: 1400 }],
  });
  const only = chooseInterfaces([nic("eth0", "169.254.7.7")], []);
  expect(only).toMatchObject({ arrivals: [{ self: "169.254.7.7" }] });
});
