import { describe, expect, test } from "vitest";
import {
  chooseInterfaces,
  keepAddresses,
  type PresentInterface,
} from "../../../src/boot/server/served-interfaces.ts";

function nic(name: string, ...addresses: string[]): PresentInterface {
  return { name, addresses, isLoopback: name === "lo", mtu: 1500, state: "up" };
}

const LO = nic("lo", "127.0.0.1");
const ETH0 = nic("eth0", "192.0.2.2");
const ETH1 = nic("eth1", "198.51.100.2");

function names(present: PresentInterface[], named: string[] = []): string[] | string {
  const { arrivals, lacking } = chooseInterfaces(present, { named });
  return lacking ?? arrivals.map((each) => each.interface);
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
    const [unplugged, off] = [
      { ...nic("eth0"), state: "no-link" } as const,
      { ...nic("wlan0"), state: "off" } as const,
    ];
    expect(names([LO, unplugged, off])).toBe(
      "no interface to serve: there is lo (127.0.0.1), eth0 (no link), wlan0 (switched off); name one with --interface",
    );
    expect(names([])).toBe("no interface to serve: there is none at all; name one with --interface");
  });
});

describe("with names given", () => {
  test("only those are served, and loopback and bridges are then as good as others", () => {
    expect(names([LO, ETH0, nic("docker0", "172.17.0.1")], ["lo", "docker0"])).toEqual(["lo", "docker0"]);
  });

  test("an unknown name is told with those that there are, and the others are served", () => {
    const choice = chooseInterfaces([LO, ETH0], { named: ["eth0", "eth7"] });
    expect(choice.lacking).toBe(
      "no interface eth7 with an IPv4 address: there is lo (127.0.0.1), eth0 (192.0.2.2)",
    );
    expect(choice.arrivals).toEqual([{ interface: "eth0", self: "192.0.2.2", mtu: 1500 }]);
  });
});

describe("an arrival", () => {
  const arrivals = (each: PresentInterface, publicAddress?: string) =>
    chooseInterfaces([each], { named: [], ...(publicAddress === undefined ? {} : { publicAddress }) })
      .arrivals;

  test("has the address that machines can reach, not a link-local one, the MTU and the kernel's number", () => {
    const eth0 = { ...nic("eth0", "169.254.7.7", "192.0.2.2"), mtu: 1400, index: 7 };
    expect(arrivals(eth0)).toEqual([{ interface: "eth0", self: "192.0.2.2", mtu: 1400, index: 7 }]);
    expect(arrivals(nic("eth0", "169.254.7.7"))).toMatchObject([{ self: "169.254.7.7" }]);
  });

  test("is there for each address of an interface, once, the first one first", () => {
    const eth0 = nic("eth0", "192.0.2.2", "198.51.100.2", "192.0.2.2", "169.254.7.7");
    expect(arrivals(eth0).map(({ self }) => self)).toEqual(["192.0.2.2", "198.51.100.2"]);
  });

  test("tells machines the public address, and keeps its own for the sockets", () => {
    const told = { interface: "eth0", self: "203.0.113.9", mtu: 1500 };
    expect(arrivals(ETH0, "203.0.113.9")).toEqual([{ ...told, bound: "192.0.2.2" }]);
    expect(arrivals(nic("eth0", "203.0.113.9"), "203.0.113.9")).toEqual([told]);
  });
});

describe("without a link", () => {
  const before = [{ ...ETH0, index: 2 }];
  const unplugged = { ...nic("eth0"), index: 2, state: "no-link" } as const;

  test("an interface keeps its addresses: a boot under way waits for the cable", () => {
    expect(keepAddresses(before, [unplugged])).toEqual([{ ...unplugged, addresses: ["192.0.2.2"] }]);
    expect(keepAddresses(keepAddresses(before, [unplugged]), [unplugged])).toEqual([
      { ...unplugged, addresses: ["192.0.2.2"] },
    ]);
  });

  test("it does not when it was switched off, lost its address, or is another device", () => {
    const others = [
      { ...unplugged, state: "off" },
      { ...unplugged, state: "up" },
      { ...unplugged, index: 3 },
    ] as const;
    for (const each of others) expect(keepAddresses(before, [each])).toEqual([each]);
    expect(keepAddresses([], [unplugged])).toEqual([unplugged]);
  });
});
