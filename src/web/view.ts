/** Hosts and machines as the API shows them. Pure. */

import { archRow } from "../boot/arch.ts";
import { namedHost } from "../boot/decide.ts";
import { type Generation, kernelVersionOf } from "../boot/generation.ts";
import { versionInName } from "../boot/history/system-name.ts";
import type { Host, HostName } from "../boot/host.ts";
import { bootLimit } from "../boot/image/limit-notice.ts";
import type { SeenMachine, Told } from "../boot/machine/seen.ts";
import { toldText } from "../boot/machine/told-text.ts";
import { chooseGeneration } from "../boot/rollout/choose-generation.ts";
import { becauseText } from "../boot/rollout/describe-rollout.ts";
import { describedFaults } from "../boot/session/check-in.ts";
import type { LastBoot } from "../boot/session/last-boot.ts";
import type { Snapshot } from "../boot/snapshot.ts";
import type { Mac } from "../wire/net/mac.ts";
import { redact } from "./events/redact.ts";
import { filled, isoTime, present } from "./present.ts";
import type { HostView, LastBootView } from "./schema/hosts.ts";
import type { MachineView } from "./schema/machines.ts";

type NixosOf = (generation: Generation) => string | undefined;
type HostOf = (mac: Mac) => HostName | undefined;

export function viewMachine(seen: SeenMachine, snapshot: Snapshot, approvedAs: HostOf): MachineView {
  const { mac, firstSeenMs, lastSeenMs, visits, told, arch, isa, uuid, serial, vendor, address, facts } =
    seen;
  const { manufacturer, product, asset, nic, platform } = facts ?? {};
  return {
    mac,
    firstSeen: isoTime(firstSeenMs),
    lastSeen: isoTime(lastSeenMs),
    visits,
    told: viewTold(told),
    ...filled({
      host: namedHost(seen, snapshot)?.name,
      approved: approvedAs(mac),
      arch: (arch === undefined ? undefined : archRow(arch)?.name) ?? isa,
      ...{ uuid, serial, vendor, manufacturer, product, asset, nic, platform, address },
      interface: seen.interface,
    }),
  };
}

function viewTold(told: Told): MachineView["told"] {
  return { ...told, text: toldText(told) };
}

/** What was seen of hosts. */
export interface HostSights {
  /** Every machine, the last one seen first. */
  readonly seen: readonly SeenMachine[];
  readonly lastBoots: ReadonlyMap<HostName, LastBoot>;
  /** Which NixOS a generation is, where that is known. */
  readonly nixosOf: NixosOf;
}

/** Hosts with the machine of theirs that was seen last, and how they have booted last. */
export function viewHosts(
  hosts: readonly Host[],
  snapshot: Snapshot,
  { seen, lastBoots, nixosOf }: HostSights,
  approvedAs: HostOf,
): HostView[] {
  const latest = latestByHost(hosts, snapshot, seen);
  return hosts.map((host) => {
    const boot = lastBoots.get(host.name);
    const given = boot?.generation === undefined ? undefined : snapshot.generations.get(boot.generation);
    return {
      ...viewHost(host, snapshot, { seen: latest.get(host.name), approvedAs, nixosOf }),
      ...(boot === undefined ? {} : { lastBoot: viewLastBoot(boot, given && nixosOf(given)) }),
    };
  });
}

/** @param given - which NixOS it was given */
function viewLastBoot(boot: LastBoot, given: string | undefined): LastBootView {
  const { id, mac, outcome, startMs, lastMs, address, generation, fetchedAfterMs, checkIn, diagnosis } = boot;
  const missing = checkIn === undefined ? [] : describedFaults(checkIn);
  const nixos = versionInName(checkIn?.system ?? "") ?? given;
  return {
    ...{ id, mac, outcome, start: isoTime(startMs), last: isoTime(lastMs) },
    ...present({ address, generation, nixos, kernel: checkIn?.kernel, fetchedAfterMs }),
    ...(missing.length === 0 ? {} : { missing: [...missing] }),
    ...(diagnosis === undefined ? {} : { diagnosis: { ...diagnosis, what: redact(diagnosis.what) } }),
  };
}

function latestByHost(
  hosts: readonly Host[],
  snapshot: Snapshot,
  seen: readonly SeenMachine[],
): ReadonlyMap<HostName, SeenMachine> {
  const latest = new Map<HostName, SeenMachine>();
  const missing = new Set(hosts.map(({ name }) => name));
  for (const machine of seen) {
    if (missing.size === 0) break;
    const name = namedHost(machine, snapshot)?.name ?? machine.told.host;
    if (name !== undefined && missing.delete(name)) latest.set(name, machine);
  }
  return latest;
}

interface HostMeans {
  readonly seen: SeenMachine | undefined;
  readonly approvedAs: HostOf;
  readonly nixosOf: NixosOf;
}

function viewHost(host: Host, snapshot: Snapshot, { seen, approvedAs, nixosOf }: HostMeans): HostView {
  const { name, macs, uuids, serials, image } = host;
  const { generation, because } = chooseGeneration(host, macs[0], snapshot);
  return {
    name,
    isDefault: snapshot.defaultHost === name,
    macs: [...macs],
    uuids: [...uuids],
    serials: [...serials],
    approved: macs.filter((mac) => approvedAs(mac) === name),
    image,
    ...(generation === undefined ? {} : { generation: viewNext(generation, nixosOf) }),
    ...present({ because: becauseText(because), trouble: snapshot.images.get(image)?.trouble }),
    ...(seen === undefined ? {} : { lastSeen: isoTime(seen.lastSeenMs), told: viewTold(seen.told) }),
  };
}

function viewNext(generation: Generation, nixosOf: NixosOf): NonNullable<HostView["generation"]> {
  const nixos = nixosOf(generation);
  const kernel = kernelVersionOf(generation);
  return { id: generation.id, ...present({ nixos, kernel, limit: bootLimit(generation) }) };
}
