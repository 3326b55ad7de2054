/** Finds the services of a system in its unit files. */

import { basename } from "node:path";
import { type Service, serviceOf } from "../../boot/history/service.ts";
import { parseUnit } from "../../boot/history/unit-file.ts";
import type { SystemFiles } from "./system-files.ts";

const UNITS = "etc/systemd/system";
/** No unit comes near this, and no system has so many. */
const MAX_UNIT_BYTES = 64 * 1024;
const MAX_UNITS = 4096;

/**
 * The services that the system's builder put there, by name; what systemd itself brings is left out.
 *
 * @returns `undefined` where there are no unit files to read
 */
export async function readServices(system: SystemFiles): Promise<readonly Service[] | undefined> {
  const names = await system.list(UNITS);
  if (names.length === 0) return undefined;
  const wantedBy = await readWants(system, names);
  const services: Service[] = [];
  for (const unit of names.filter((name) => name.endsWith(".service")).slice(0, MAX_UNITS)) {
    const files = await filesOf(system, unit, names);
    const texts = await Promise.all(files.map((file) => system.read(file, MAX_UNIT_BYTES)));
    const lines = texts.flatMap((text) => (text === undefined ? [] : parseUnit(text)));
    const service = serviceOf(unit.slice(0, -".service".length), lines, wantedBy.get(unit) ?? []);
    if (service !== undefined) services.push(service);
  }
  return services.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The unit and what is dropped in on top of it; none for one that is as systemd brings it. */
async function filesOf(system: SystemFiles, unit: string, names: readonly string[]): Promise<string[]> {
  const folder = `${UNITS}/${unit}.d`;
  const dropped = names.includes(`${unit}.d`) ? (await system.list(folder)).filter(isConf).sort() : [];
  const own = `${UNITS}/${unit}`;
  const isBrought = /-systemd-(?:minimal-)?\d[^/]*\/example\//.test((await system.locate(own)) ?? "");
  if (isBrought && dropped.length === 0) return [];
  return [own, ...dropped.map((name) => `${folder}/${name}`)];
}

function isConf(name: string): boolean {
  return name.endsWith(".conf");
}

/** By unit, what wants or requires it. */
async function readWants(system: SystemFiles, names: readonly string[]) {
  const wantedBy = new Map<string, string[]>();
  for (const name of names.filter((each) => /\.(wants|requires)$/.test(each)).slice(0, MAX_UNITS)) {
    const target = basename(name).replace(/\.(wants|requires)$/, "");
    for (const unit of await system.list(`${UNITS}/${name}`)) {
      wantedBy.set(unit, [...(wantedBy.get(unit) ?? []), target]);
    }
  }
  return wantedBy;
}
