/** What a TFTP name stands for: a boot program, a file of a Raspberry Pi, a file of a generation, the iPXE script, or a refusal. */

import type { Mac } from "../../wire/net/mac.ts";
import { ERROR_ACCESS, ERROR_NOT_FOUND } from "../../wire/tftp/packet.ts";
import { baseName } from "../base-name.ts";
import type { BeginBoot } from "../check-in/begin-boot.ts";
import type { BootClient } from "../client.ts";
import type { BootDecision } from "../decide.ts";
import type { Notice } from "../event.ts";
import type { Generation } from "../generation.ts";
import type { BootPorts } from "../peer.ts";
import type { BootProgram } from "../program/program.ts";
import { programKindByName } from "../program/program-alias.ts";
import type { BootId } from "../session/session.ts";
import { allPrograms, type Snapshot } from "../snapshot.ts";
import { type PiRoute, routePi } from "./pi-route.ts";
import { repairName, showName } from "./tftp-name.ts";
import { isNormalProbe } from "./tftp-probe.ts";
import { routeUBoot } from "./u-boot-route.ts";

export type TftpRoute =
  | { readonly type: "program"; readonly path: string; readonly program: BootProgram }
  | {
      readonly type: "media";
      readonly path: string;
      readonly generation: Generation;
      /** Relative to the generation's folder. */
      readonly file: string;
    }
  | { readonly type: "text"; readonly path: string; readonly text: string }
  | {
      readonly type: "bytes";
      readonly path: string;
      readonly bytes: Uint8Array;
      readonly asked?: TftpAsked;
      /** Something that the operator may want to know of it. */
      readonly notice?: Notice;
    }
  | PiRoute
  | TftpRefusal;

/** A route that has bytes. */
export type ServedRoute = Exclude<TftpRoute, TftpRefusal>;

/** The machine that the name told, and what was decided for it. */
export interface TftpAsked {
  readonly client: BootClient;
  readonly decision: BootDecision;
  /** Of the boot that begins with it. */
  readonly bootId?: BootId;
}

export interface TftpRefusal {
  readonly type: "refused";
  readonly path: string;
  /** Of the ERROR packet: 1 not found, 2 not allowed. */
  readonly code: 1 | 2;
  /** Reason and cure, since operators read it on the machine's screen (T10). */
  readonly message: string;
  /** Firmware looks whether it is there and goes on without: no news. */
  readonly expected: boolean;
  readonly asked?: TftpAsked;
}

/** Where the request arrived, and what answers `autoexec.ipxe` there. */
export interface TftpSite {
  /** The machine that asks, where its address tells. */
  readonly from?: Mac;
  /** Our address that the machine reached. */
  readonly self: string;
  readonly ports: BootPorts;
  /** Writes the script in which iPXE identifies itself and comes back to `base`, as in `http://10.77.0.2:8080`. */
  readonly identifyScript: (base: string) => string;
  /** Absent where only the question is asked. */
  readonly beginBoot?: BeginBoot | undefined;
}

/**
 * Finds what the name of a read request stands for.
 *
 * @param filename - as decoded, unrepaired
 */
export function routeTftp(filename: string, snapshot: Snapshot, site: TftpSite): TftpRoute {
  const name = repairName(filename);
  if (name.type === "refused") {
    return { type: "refused", path: name.shown, code: ERROR_ACCESS, message: name.reason, expected: false };
  }
  const { path } = name;
  if (path.startsWith("media/")) return routeMedia(path, snapshot);
  if (baseName(path).toLowerCase() === "autoexec.ipxe") return routeAutoexec(path, snapshot, site);
  const pi = routePi(path, snapshot, site.from);
  if (pi?.type === "pi") return pi;
  // U-Boot asks for it in the folder of its configuration.
  const media = /\/(media\/.+)$/.exec(path)?.[1];
  if (media !== undefined) return routeMedia(media, snapshot);
  const uBoot = routeUBoot(path, snapshot, site);
  if (uBoot !== undefined) return uBoot;
  const program = routeProgram(path, snapshot);
  return program.type === "refused" ? (pi ?? program) : program;
}

/** How many bytes the route has, as far as is known without opening it. */
export function routeSize(route: ServedRoute): number {
  switch (route.type) {
    case "text":
      return route.text.length;
    case "bytes":
      return route.bytes.length;
    case "media":
      return route.generation.files.get(route.file) ?? 0;
    case "program":
      return route.program.sizeBytes;
    case "pi":
      return route.sizeBytes;
  }
}

/** `media/GENERATION/FILE`, of any generation that is still kept; U-Boot puts the folder of its boot file before it. */
function routeMedia(path: string, snapshot: Snapshot): TftpRoute {
  const [, id = "", ...rest] = path.split("/");
  const generation = snapshot.generations.get(id);
  if (generation === undefined) {
    return notFound(path, `the generation '${showName(id)}' is not kept: start the boot over`);
  }
  const file = rest.join("/");
  if (generation.files.has(file)) return { type: "media", path, generation, file };
  return notFound(path, `the generation '${showName(id)}' has no file '${showName(file)}'`);
}

/** Each iPXE looks for it in another folder: that of its own binary, the root, or both. */
function routeAutoexec(
  path: string,
  snapshot: Snapshot,
  { self, ports, identifyScript }: TftpSite,
): TftpRoute {
  const text = snapshot.ownAutoexec ?? identifyScript(`http://${self}:${ports.http}`);
  return { type: "text", path, text };
}

/** By its own name, in any folder and case; else by a name that people and other DHCP servers use for its kind. */
function routeProgram(path: string, snapshot: Snapshot): TftpRoute {
  const wanted = baseName(path).toLowerCase();
  const programs = allPrograms(snapshot);
  const kind = programKindByName(path);
  const program =
    programs.find(({ name }) => name.toLowerCase() === wanted) ??
    (kind === undefined ? undefined : snapshot.programs.get(kind));
  if (program !== undefined) return { type: "program", path: program.name, program };
  if (kind !== undefined) {
    return notFound(path, `no boot program for ${kind} is there: put one into boot-media/ipxe/`);
  }
  const served = programs.map(({ name }) => name).join(" ");
  return notFound(
    path,
    `'${showName(path)}' is not served here; served: ${served === "" ? "no boot program yet" : served}, media/...`,
    isNormalProbe(path),
  );
}

function notFound(path: string, message: string, expected = false): TftpRefusal {
  return { type: "refused", path: showName(path), code: ERROR_NOT_FOUND, message, expected };
}
