/** What a TFTP name stands for: a boot program, a file of a Raspberry Pi, a file of a generation, the iPXE script, or a refusal. */

import { ERROR_ACCESS, ERROR_NOT_FOUND } from "../../wire/tftp/packet.ts";
import { baseName } from "../base-name.ts";
import { programKindByName } from "../program/program-alias.ts";
import { allPrograms, type Snapshot } from "../snapshot.ts";
import { routePi } from "./pi-route.ts";
import type { ServedRoute, TftpRefusal, TftpRoute, TftpSite } from "./route.ts";
import { repairName, showName } from "./tftp-name.ts";
import { isNormalProbe } from "./tftp-probe.ts";
import { routeUBoot } from "./u-boot-route.ts";

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
