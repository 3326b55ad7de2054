/** Gathers what shows whether we run in a container, and on which network. */

import { access, readFile } from "node:fs/promises";
import type { ContainerFacts, DeviceFacts } from "../../boot/server/container.ts";
import { networkLinks } from "./network-links.ts";

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
    isFirstNetwork: await isFirstNetwork(),
    devices: await readDevices([...new Set(interfaces)]),
  };
}

/**
 * Another network has other addresses. The names of namespaces would say it straight, but a container's first
 * process may have a right more than ours, and then they may not be read.
 */
async function isFirstNetwork(): Promise<boolean> {
  const [own, first] = await Promise.all(["self", "1"].map((pid) => textOf(`/proc/${pid}/net/fib_trie`)));
  return first === "" || own === first;
}

async function readDevices(names: readonly string[]): Promise<DeviceFacts[]> {
  const links = await networkLinks().catch(() => undefined);
  if (links === undefined) return Promise.all(names.map(guessDevice));
  return links.filter(({ name }) => names.includes(name));
}

/** What `/sys` tells. A macvlan looks like a pair there: then one is warned for nothing. */
async function guessDevice(name: string): Promise<DeviceFacts> {
  const folder = `/sys/class/net/${name}`;
  const [isCard, isTunnel, index, link, uevent] = await Promise.all([
    exists(`${folder}/device`),
    exists(`${folder}/tun_flags`),
    textOf(`${folder}/ifindex`),
    textOf(`${folder}/iflink`),
    textOf(`${folder}/uevent`),
  ]);
  const named = /^DEVTYPE=(.*)$/m.exec(uevent)?.[1];
  const kind = isCard ? undefined : (named ?? (isTunnel ? "tun" : index === link ? undefined : "veth"));
  return { name, ...(kind === undefined ? {} : { kind }) };
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
