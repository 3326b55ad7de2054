/** What the admin plane may see and do of a server. */

import { fileURLToPath } from "node:url";
import { type Asker, LOCAL_NAME } from "./boot/access/token.ts";
import { worldFailure } from "./boot/world-failure.ts";
import type { Building } from "./builds.ts";
import type { Settings } from "./config/settings.ts";
import type { Generations } from "./generations.ts";
import type { Hosts } from "./hosts.ts";
import type { Interfaces } from "./interfaces.ts";
import { loadTokens } from "./io/access/tokens.ts";
import type { Wiretap } from "./io/capture/wiretap.ts";
import type { Approvals } from "./io/machines/approvals.ts";
import type { SeenMachines } from "./io/machines/seen-machines.ts";
import type { Rollouts } from "./io/rollouts/rollouts.ts";
import type { Store } from "./io/store/store.ts";
import type { TransferBoard } from "./io/transfer-board.ts";
import { sendMagicPacket } from "./io/wake.ts";
import type { World } from "./io/world.ts";
import type { Metrics } from "./metrics.ts";
import type { Notify } from "./notify.ts";
import type { OpenedPorts } from "./ports.ts";
import type { Timeline } from "./timeline.ts";
import { readVersion } from "./version.ts";
import { isLoopback } from "./web/access/foreign.ts";
import type { Admin, AdminAccess } from "./web/admin.ts";
import { createEventHub } from "./web/events/event-hub.ts";
import { viewOtherServer } from "./web/view-other-server.ts";

export interface AdminParts {
  readonly world: World;
  readonly settings: Settings;
  readonly store: Store;
  readonly interfaces: Interfaces;
  readonly hosts: Hosts;
  readonly machines: SeenMachines;
  readonly approvals: Approvals;
  readonly timeline: Timeline;
  readonly transfers: TransferBoard;
  readonly generations: Generations;
  readonly building: Building;
  readonly metrics: Metrics;
  readonly notify: Notify;
  readonly rollouts: Rollouts;
  readonly ports: OpenedPorts["ports"];
  readonly otherServers: OpenedPorts["otherServers"];
  readonly wiretap: Wiretap;
}

/** @throws what the store throws */
export async function adminOf(parts: AdminParts): Promise<Admin> {
  const { world, interfaces, hosts, machines, approvals, transfers, generations, building, otherServers } =
    parts;
  const started = new Date().toISOString();
  parts.timeline.lastBoots.readAhead();
  return {
    snapshot: world.snapshot,
    machines: {
      ...machines,
      wake(mac, on) {
        const all = interfaces.now();
        const there = all.filter((each) => each.interface === on);
        return sendMagicPacket(mac, there.length > 0 ? there : all);
      },
    },
    sessions: {
      ...parts.timeline.sessions,
      transfers: transfers.list,
      diagnose: parts.timeline.diagnoses.of,
      lastOf: parts.timeline.lastBoots.of,
    },
    generations: {
      ...generations.history,
      closureOf: generations.facts.closureOf,
      services: generations.inside.services,
      nixosOf: generations.nixosOf,
    },
    approvals: {
      hostOf: (mac) => approvals.get(mac)?.host,
      approve: (mac, host, by) => hosts.approve(mac, host, tokenOf(by)),
      unapprove: (mac, by) => hosts.unapprove(mac, tokenOf(by)),
      exported: hosts.exported,
    },
    events: createEventHub({
      subscribe: world.subscribe,
      transfers: transfers.list,
      machineAt: world.machineAt,
      bootOf: parts.timeline.sessions.current,
      onError: (error) => world.record({ type: "bug", via: "the event stream", error }),
    }),
    record: parts.wiretap.record,
    metrics: { families: async () => parts.metrics.families(await readVersion()) },
    builds: { ...building, targets: () => building.config().targets },
    notifications: parts.notify,
    rollouts: parts.rollouts,
    access: await accessOf(parts),
    status: async () => ({
      version: await readVersion(),
      started,
      dhcp: parts.ports.dhcp ?? "off",
      httpPort: parts.ports.httpPort,
      ...(parts.ports.tftpPort === undefined ? {} : { tftpPort: parts.ports.tftpPort }),
      interfaces: interfaces.now().map(({ interface: name, self }) => ({ name, address: self })),
      ...(otherServers === undefined ? {} : { otherServers: otherServers.list().map(viewOtherServer) }),
    }),
    pageFolder: fileURLToPath(new URL("../dashboard/dist", import.meta.url)),
    onChange({ by, method, path }) {
      const token = tokenOf(by);
      world.record({ type: "steered", method, path, ...(token === undefined ? {} : { by: token }) });
    },
    onError(error) {
      const failure = worldFailure("a request of the admin plane failed", error);
      world.record(failure ? { type: "notice", ...failure } : { type: "bug", via: "the admin plane", error });
    },
  };
}

/** @returns `undefined` for who needs none */
function tokenOf({ name }: Asker): string | undefined {
  return name === LOCAL_NAME ? undefined : name;
}

async function accessOf({ world, store, settings }: AdminParts): Promise<AdminAccess> {
  const tokens = await loadTokens(store, (name) => {
    const text = `the token ${name} cannot be read and does not count`;
    const cure = `'mayfly token revoke ${name}', and 'mayfly token create ${name}' gives it anew`;
    world.record({ type: "notice", level: "warn", text, cure });
  });
  const { list, create, revoke, find, named, logins } = tokens;
  if (!isForThisMachine(settings.admin.host) && list().length === 0) {
    const text = "the admin plane is for others too, and nobody has a token yet";
    world.record({ type: "notice", level: "info", text, cure: "'mayfly token create NAME' makes one" });
  }
  return {
    names: settings.adminNames,
    always: settings.adminToken === "always",
    ...{ list, create, revoke, find },
    findLogin: (secret) => named(logins.find(secret) ?? ""),
    logIn: logins.open,
    logOut: logins.close,
  };
}

/** Whether only this machine can ask at an address. */
function isForThisMachine(host: string): boolean {
  return isLoopback(host) || host === "localhost";
}
