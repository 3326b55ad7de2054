import { describe, expect, test } from "vitest";
import type { Arrival } from "../../../src/boot/peer.ts";
import {
  type ContainerFacts,
  type DeviceFacts,
  describeContainer,
  recogniseContainer,
} from "../../../src/boot/server/container.ts";

const ETH0: Arrival = { interface: "eth0", self: "172.17.0.2", mtu: 1500 };
const ETH1: Arrival = { interface: "eth1", self: "192.0.2.2", mtu: 1500 };

const VETH: DeviceFacts = { name: "eth0", kind: "veth" };
const CARD: DeviceFacts = { name: "eth0" };

const NOTHING: ContainerFacts = {
  markers: [],
  cgroup: "0::/user.slice/user-1000.slice/session-3.scope\n",
  mounts: "24 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n",
  routes: "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n",
  env: {},
  isFirstNetwork: true,
  devices: [VETH],
};

const ROUTES_OF_A_BRIDGE = `${NOTHING.routes}eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`;

const DOCKER: ContainerFacts = {
  ...NOTHING,
  markers: ["/.dockerenv"],
  cgroup: "0::/\n",
  routes: ROUTES_OF_A_BRIDGE,
};

const DOCKER_MOUNTS = `612 520 0:51 / / rw,relatime - overlay overlay rw
640 612 254:1 /var/lib/docker/containers/4f5e/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/vda1 rw
641 612 254:1 /var/lib/docker/containers/4f5e/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw
`;
const CONTAINERD_MOUNTS =
  "70 60 8:1 /lib/containerd/io.containerd.grpc.v1.cri/sandboxes/a1/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n";
const KUBELET_MOUNTS =
  "71 60 8:1 /var/lib/kubelet/pods/0d1e/etc-hosts /etc/hosts rw,relatime - ext4 /dev/sda1 rw\n";
const DOCKER_HOST_MOUNTS =
  "99 28 0:44 / /var/lib/docker/containers/4f5e/mounts/shm rw,nosuid - tmpfs shm rw,size=65536k\n";

describe("a container on a bridge network", () => {
  test.each<[string, Partial<ContainerFacts>, string]>([
    ["of docker, by its marker", { markers: ["/.dockerenv"] }, "docker"],
    [
      "of docker, by the cgroup of version 1",
      { cgroup: "12:pids:/docker/4f5e\n0::/docker/4f5e\n" },
      "docker",
    ],
    ["of docker, by what is mounted over /etc", { mounts: DOCKER_MOUNTS }, "docker"],
    ["of podman, by its marker", { markers: ["/run/.containerenv"] }, "podman"],
    ["of podman, by its environment", { env: { container: "podman" } }, "podman"],
    ["of Kubernetes, by its environment", { env: { KUBERNETES_SERVICE_HOST: "10.96.0.1" } }, "kubernetes"],
    ["of Kubernetes, by its cgroup", { cgroup: "0::/kubepods/besteffort/pod0d1e/4f5e\n" }, "kubernetes"],
    ["of Kubernetes, by its hosts file", { mounts: KUBELET_MOUNTS }, "kubernetes"],
    ["of containerd", { mounts: CONTAINERD_MOUNTS }, "container"],
  ])("%s", (_, facts, engine) => {
    expect(recogniseContainer({ ...NOTHING, ...facts }, [ETH0])).toEqual({
      type: "bridge",
      engine,
      interface: "eth0",
    });
  });

  test("has the engine's end of it as its gateway", () => {
    expect(recogniseContainer(DOCKER, [ETH0])).toMatchObject({ gateway: "172.17.0.1" });
  });

  test("without root has a program at the other end", () => {
    const devices = [{ name: "eth0", kind: "tun" }];
    const facts = { ...DOCKER, markers: ["/run/.containerenv"], devices };
    expect(recogniseContainer(facts, [ETH0])).toMatchObject({ type: "bridge", engine: "podman" });
  });
});

describe("no bridge network", () => {
  test.each<[string, ContainerFacts]>([
    ["a machine", { ...NOTHING, devices: [CARD] }],
    ["a machine that docker runs on", { ...NOTHING, mounts: DOCKER_HOST_MOUNTS }],
    ["a whole machine of LXC's, whose card is one end of a pair", { ...NOTHING, cgroup: "0::/.lxc\n" }],
    ["a container in the host's network", { ...DOCKER, devices: [CARD] }],
    ["a container on a macvlan network", { ...DOCKER, devices: [{ name: "eth0", kind: "macvlan" }] }],
    ["a container on a VLAN of the host's", { ...DOCKER, devices: [{ name: "eth0", kind: "vlan" }] }],
    ["a network namespace within a container", { ...DOCKER, isFirstNetwork: false }],
    ["a container whose card nobody describes", { ...DOCKER, devices: [] }],
  ])("%s", (_, facts) => {
    expect(recogniseContainer(facts, [ETH0])).toEqual({ type: "direct" });
  });

  test("a container with a second card on the LAN", () => {
    const facts = { ...DOCKER, devices: [VETH, { name: "eth1" }] };
    expect(recogniseContainer(facts, [ETH0, ETH1])).toEqual({ type: "direct" });
  });

  test("a container without an address yet", () => {
    expect(recogniseContainer(DOCKER, [])).toEqual({ type: "direct" });
  });
});

describe("the operator is told", () => {
  const network = recogniseContainer(DOCKER, [ETH0]);

  test("that DHCP is not heard, and how to run it", () => {
    const notice = describeContainer(network, [ETH0], true);
    expect(notice?.text).toBe(
      "this is a docker container on a bridge network (eth0, 172.17.0.2 behind 172.17.0.1): what machines broadcast on the LAN does not reach it, so DHCP is not heard here",
    );
    expect(notice?.cure).toMatch(/--network host.*macvlan.*--dhcp off.*69\/udp and 8080\/tcp.*publicAddress/);
  });

  test("without DHCP, that machines cannot reach its address, unless a public one was given", () => {
    expect(describeContainer(network, [ETH0], false)?.text).toMatch(
      /machines cannot reach it by that address$/,
    );
    const told = { ...ETH0, self: "192.0.2.10", bound: "172.17.0.2" };
    expect(describeContainer(network, [told], false)).toBeUndefined();
  });

  test("nothing where there is no bridge", () => {
    expect(describeContainer({ type: "direct" }, [ETH0], true)).toBeUndefined();
  });
});
