/** The noun `snapshot`: the whole world as the decisions see it, replaced and never changed. */

import type { Mac } from "../wire/net/mac.ts";
import type { ProgramKind } from "./arch.ts";
import type { BuildStatus } from "./build/build.ts";
import type { StrangerPolicy } from "./decide.ts";
import type { Generation, GenerationId, Image } from "./generation.ts";
import type { Host, HostName, ImageName } from "./host.ts";
import type { NicRule } from "./program/nic.ts";
import type { BootProgram } from "./program/program.ts";
import { NO_ROLLOUTS, type Rollouts } from "./rollout/rollout.ts";
import {
  NO_PI_TREES,
  NO_SEEN_PIS,
  type PiTrees,
  type SeenPi,
  type SeenPis,
  withSeenPi,
} from "./rpi4/pi-tree.ts";
import { normalSerial } from "./rpi4/serial.ts";

/** Immutable: one decision reads one snapshot, so it never sees half a swap. */
export interface Snapshot {
  readonly hosts: ReadonlyMap<HostName, Host>;
  readonly hostByMac: ReadonlyMap<Mac, HostName>;
  readonly hostByUuid: ReadonlyMap<string, HostName>;
  /** By {@link normalSerial}. */
  readonly hostBySerial: ReadonlyMap<string, HostName>;
  /** The host for machines that nothing else matches; absent: they are left alone. */
  readonly defaultHost?: HostName;
  /** What machines that nothing matches are told, where there is no default host; absent: nothing at all. */
  readonly strangers?: StrangerPolicy;
  readonly images: ReadonlyMap<ImageName, Image>;
  /** Current ones, and older ones that boots under way may still need. */
  readonly generations: ReadonlyMap<GenerationId, Generation>;
  /** What is being built, and what was in vain, by the host that it is for. */
  readonly builds: ReadonlyMap<HostName, BuildStatus>;
  /** What firmware of each kind is given, if nothing else is wished or was learnt. */
  readonly programs: ReadonlyMap<ProgramKind, BootProgram>;
  /** More of each kind: what is tried where the first one dies, and what the operator can ask for. */
  readonly otherPrograms: readonly BootProgram[];
  /** Which program the machines with a kind of network card get. */
  readonly nics: readonly NicRule[];
  /** The user's `boot-media/autoexec.ipxe`, which wins over the generated one. */
  readonly ownAutoexec?: string;
  /** What Raspberry Pis fetch. */
  readonly piTrees: PiTrees;
  /** Raspberry Pis whose EEPROM has asked. */
  readonly seenPis: SeenPis;
  /** How far new generations have got. */
  readonly rollouts: Rollouts;
}

export const EMPTY_SNAPSHOT: Snapshot = {
  hosts: new Map(),
  hostByMac: new Map(),
  hostByUuid: new Map(),
  hostBySerial: new Map(),
  images: new Map(),
  generations: new Map(),
  builds: new Map(),
  programs: new Map(),
  otherPrograms: [],
  nics: [],
  piTrees: NO_PI_TREES,
  seenPis: NO_SEEN_PIS,
  rollouts: NO_ROLLOUTS,
};

/** One thing that became different in the world. */
export type Change =
  /** The configuration or the names in the media folder: the whole table of hosts anew. */
  | {
      readonly type: "hosts";
      readonly hosts: readonly Host[];
      readonly defaultHost?: HostName;
      readonly strangers?: StrangerPolicy;
    }
  /** An image has a new current generation. */
  | { readonly type: "published"; readonly image: ImageName; readonly generation: Generation }
  /** A generation that no image has as its current one is kept, or is back after a restart. */
  | { readonly type: "retained"; readonly generation: Generation }
  /** What lies at the image's place cannot be served; the last good generation stays. */
  | { readonly type: "trouble"; readonly image: ImageName; readonly reason: string }
  /** The image's place is empty on purpose: its link was removed. Boots under way go on. */
  | { readonly type: "withdrawn"; readonly image: ImageName }
  /** No boot needs these any more. */
  | { readonly type: "dropped"; readonly generations: readonly GenerationId[] }
  /** What is being built, and what was in vain: all of it anew. */
  | { readonly type: "builds"; readonly builds: ReadonlyMap<HostName, BuildStatus> }
  /** The best of each kind first, then the others. */
  | { readonly type: "programs"; readonly programs: readonly BootProgram[] }
  | { readonly type: "nics"; readonly rules: readonly NicRule[] }
  | { readonly type: "autoexec"; readonly script: string | undefined }
  /** The boot folders of Raspberry Pis, all of them anew. */
  | { readonly type: "pi-trees"; readonly trees: PiTrees }
  /** The EEPROM of a Raspberry Pi has said something new of its board. */
  | { readonly type: "pi-seen"; readonly mac: Mac; readonly pi: SeenPi }
  /** Something was published, seen of a machine, or wanted by the operator. */
  | { readonly type: "rollouts"; readonly rollouts: Rollouts };

/** The next world. Pure; a batch costs one copy of each table that it is about, however many changes it has. */
export function apply(snapshot: Snapshot, changes: readonly Change[]): Snapshot {
  const ofImages = changes.filter(isOfImages);
  const next = changes.reduce(applyOne, snapshot);
  // What machines do is not about images, and a thousand do it at once.
  return ofImages.length === 0 ? next : { ...next, ...imageTables(snapshot, ofImages) };
}

type ImageChange = Extract<
  Change,
  { readonly type: "published" | "retained" | "trouble" | "withdrawn" | "dropped" }
>;

function isOfImages(change: Change): change is ImageChange {
  switch (change.type) {
    case "published":
    case "retained":
    case "trouble":
    case "withdrawn":
    case "dropped":
      return true;
    default:
      return false;
  }
}

function imageTables(snapshot: Snapshot, changes: readonly ImageChange[]) {
  const images = new Map(snapshot.images);
  const generations = new Map(snapshot.generations);
  for (const change of changes) {
    switch (change.type) {
      case "published":
        generations.set(change.generation.id, change.generation);
        images.set(change.image, { name: change.image, current: change.generation.id });
        break;
      case "retained":
        generations.set(change.generation.id, change.generation);
        break;
      case "trouble": {
        const image = images.get(change.image) ?? { name: change.image };
        images.set(change.image, { ...image, trouble: change.reason });
        break;
      }
      case "withdrawn":
        images.delete(change.image);
        break;
      case "dropped":
        for (const id of change.generations) generations.delete(id);
        break;
    }
  }
  return { images, generations };
}

function applyOne(draft: Snapshot, change: Change): Snapshot {
  if (isOfImages(change)) return draft;
  switch (change.type) {
    case "hosts":
      return { ...withoutOthers(draft), ...hostTables(change) };
    case "builds":
      return { ...draft, builds: change.builds };
    case "programs":
      return { ...draft, ...programTables(change.programs) };
    case "nics":
      return { ...draft, nics: change.rules };
    case "pi-trees":
      return { ...draft, piTrees: change.trees };
    case "pi-seen":
      return { ...draft, seenPis: withSeenPi(draft.seenPis, change.mac, change.pi) };
    case "rollouts":
      return { ...draft, rollouts: change.rollouts };
    case "autoexec": {
      const { ownAutoexec: _old, ...rest } = draft;
      return change.script === undefined ? rest : { ...rest, ownAutoexec: change.script };
    }
  }
}

function programTables(all: readonly BootProgram[]): Pick<Snapshot, "programs" | "otherPrograms"> {
  const programs = new Map<ProgramKind, BootProgram>();
  for (const each of all) if (!programs.has(each.kind)) programs.set(each.kind, each);
  return { programs, otherPrograms: all.filter((each) => programs.get(each.kind) !== each) };
}

/** Every boot program, whoever gets it. */
export function allPrograms({ programs, otherPrograms }: Snapshot): readonly BootProgram[] {
  return [...programs.values(), ...otherPrograms];
}

/** Without what is said about machines that nothing matches. */
function withoutOthers(draft: Snapshot): Snapshot {
  const { defaultHost: _host, strangers: _policy, ...rest } = draft;
  return rest;
}

function hostTables({ hosts, defaultHost, strangers }: Extract<Change, { type: "hosts" }>) {
  const index = (keys: (host: Host) => readonly string[]) =>
    new Map(hosts.flatMap((host) => keys(host).map((key) => [key, host.name] as const)));
  return {
    hosts: new Map(hosts.map((host) => [host.name, host])),
    hostByMac: index((host) => host.macs),
    hostByUuid: index((host) => host.uuids),
    hostBySerial: index((host) => host.serials.map(normalSerial)),
    ...(defaultHost === undefined ? {} : { defaultHost }),
    ...(strangers === undefined ? {} : { strangers }),
  };
}
