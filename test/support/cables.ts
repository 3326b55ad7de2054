/** The lab's namespaces, joined by cables in whatever way a test wants. */

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNamespace, createSibling, findIsolation, type Namespace } from "../../src/lab/namespace.ts";

export interface CableEnd {
  readonly at: Namespace;
  readonly device: string;
  /** As `10.1.0.2/24`. Absent: the interface is up, but has no address. */
  readonly address?: string;
  readonly mac?: string;
  readonly mtu?: number;
}

export interface Network {
  /** A folder that goes away with the network. */
  readonly scratch: string;
  /** Makes one more namespace. */
  namespace(name: string): Promise<Namespace>;
  /** Joins two namespaces, by an interface in each. */
  cable(a: CableEnd, b: CableEnd): Promise<void>;
  /** Ends every program and lets go of every namespace. */
  close(): Promise<void>;
}

export async function createNetwork(): Promise<Network> {
  const isolation = await findIsolation();
  const scratch = await mkdtemp(join(tmpdir(), "mayfly-net-"));
  const first = await createNamespace("first", isolation, scratch);
  const others: Namespace[] = [];
  return {
    scratch,
    async namespace(name) {
      const made = await createSibling(name, isolation, first);
      others.push(made);
      return made;
    },
    async cable(a, b) {
      const peer = ["peer", "name", b.device, "netns", String(b.at.pid)];
      await a.at.run("ip", "link", "add", a.device, "type", "veth", ...peer);
      for (const end of [a, b]) await plug(end);
    },
    async close() {
      await Promise.all(others.map((each) => each.close()));
      await first.close();
    },
  };
}

async function plug({ at, device, address, mac, mtu }: CableEnd): Promise<void> {
  if (mac !== undefined) await at.run("ip", "link", "set", device, "address", mac);
  if (mtu !== undefined) await at.run("ip", "link", "set", device, "mtu", String(mtu));
  if (address !== undefined) await at.run("ip", "address", "add", address, "dev", device);
  await at.run("ip", "link", "set", device, "up");
}
