/** What the configuration says about messages, as it is believed: defaults filled in, paths absolute. */

import { resolve } from "node:path";
import type { Target } from "../boot/notify/target.ts";
import type { RawConfig } from "./raw.ts";
import type { RawTarget } from "./raw-notify.ts";

/** @param folder - of the configuration, which relative paths start from */
export function notifyTargets(file: Pick<RawConfig, "notify" | "hosts">, folder: string): readonly Target[] {
  return Object.entries(file.notify ?? {}).map(([name, raw]) => targetOf(name, raw, file, folder));
}

function targetOf(name: string, raw: RawTarget, file: Pick<RawConfig, "hosts">, folder: string): Target {
  const { url, urlFile, format, events, secretFile, room, link } = raw;
  const hosts = hostsOf(raw, file);
  return {
    ...{ name, format: format ?? "json", events: [events ?? []].flat() },
    ...(url == null ? {} : { url }),
    ...(urlFile == null ? {} : { urlFile: resolve(folder, urlFile) }),
    ...(secretFile == null ? {} : { secretFile: resolve(folder, secretFile) }),
    ...(room == null ? {} : { room }),
    ...(link == null ? {} : { link }),
    ...(hosts === undefined ? {} : { hosts }),
  };
}

/** Those named, and those of the groups that are. */
function hostsOf(
  { hosts, groups }: RawTarget,
  file: Pick<RawConfig, "hosts">,
): readonly string[] | undefined {
  if (hosts == null && groups == null) return undefined;
  const wanted = [groups ?? []].flat();
  const members = Object.entries(file.hosts ?? {}).filter(([, host]) => wanted.includes(host?.group ?? ""));
  return [...new Set([...[hosts ?? []].flat(), ...members.map(([name]) => name)])];
}
