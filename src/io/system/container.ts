/** Gathers what shows whether we run in a container, and on which network. */

import { access, readFile } from "node:fs/promises";
import type { ContainerFacts, DeviceFacts } from "../../boot/server/container.ts";

const MARKERS = ["/.dockerenv", "/run/.containerenv"];

/** @param interfaces - those to look at */
export async function readContainerFacts(interfaces: readonly string[]): Promise<ContainerFacts> {
  const [cgroup, mounts, routes] = await Promise.all(
    ["/proc/self/cgroup", "/proc/self/mountinfo", "/proc/net/route"].map(textOf),
  );
  const found = await Promise.all(MARKERS.map(exists));
  return {
    markers: MARKERS.filter((_, index) => found[index]),
    cgroup: cgroup ?? "",
    mounts: mounts ?? "",
    routes: routes ?? "",
    env: process.env,
    devices: await Promise.all([...new Set(interfaces)].map(readDevice)),
  };
}

async function readDevice(name: string): Promise<DeviceFacts> {
  const folder = `/sys/class/net/${name}`;
  const [isCard, uevent, index, link, isTunnel] = await Promise.all([
    exists(`${folder}/device`),
    textOf(`${folder}/uevent`),
    textOf(`${folder}/ifindex`),
    textOf(`${folder}/iflink`),
    exists(`${folder}/tun_flags`),
  ]);
  return { name, isCard, uevent, hasOtherEnd: index !== link, isTunnel };
}

function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
