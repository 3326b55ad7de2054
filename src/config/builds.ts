/** What the configuration says about builds, as it is believed: defaults filled in, paths absolute. */

import { resolve } from "node:path";
import type { BuildSettings } from "../boot/build/build.ts";
import { type BuildSchedule, parseDuration, parseTimeOfDay } from "../boot/build/schedule.ts";
import { formatInstallable, parseFlakePath, parseInstallable } from "../wire/nix/flake-ref.ts";
import type { RawBuild } from "./raw-build.ts";

const MS_PER_MINUTE = 60_000;
const TIME_LIMIT_MINUTES = 240;

/** @param folder - of the configuration, which relative paths start from */
export function buildSettings(raw: RawBuild, folder: string): BuildSettings {
  const nix = raw.nix ?? "nix";
  const schedule = scheduleOf(raw);
  return {
    // A bare name is looked up; anything with a slash is a path.
    nix: nix.includes("/") ? resolve(folder, nix) : nix,
    ...(schedule === undefined ? {} : { schedule }),
    parallel: raw.parallel ?? 1,
    args: raw.args ?? [],
    timeLimitMs: (raw.timeLimitMinutes ?? TIME_LIMIT_MINUTES) * MS_PER_MINUTE,
    ...(raw.hookSecretFile == null ? {} : { hookSecretFile: resolve(folder, raw.hookSecretFile) }),
  };
}

function scheduleOf({ every, at }: RawBuild): BuildSchedule | undefined {
  const everyMs = parseDuration(every ?? "");
  if (everyMs !== undefined) return { type: "every", everyMs };
  const minutes = [at ?? []].flat().flatMap((time) => parseTimeOfDay(time) ?? []);
  return minutes.length === 0
    ? undefined
    : { type: "at", minutes: [...new Set(minutes)].sort((a, b) => a - b) };
}

/** A flake as nix is given it: with an absolute path, where it is one, and with an attribute. */
export function installableOf(text: string, host: string, folder: string): string {
  // A dot would part the name into two attributes.
  const own = host.includes(".") ? `"${host}"` : host;
  const { flake, attribute = own } = parseInstallable(text) ?? { flake: text };
  const local = parseFlakePath(flake);
  const place = local === undefined ? flake : `${local.prefix}${resolve(folder, local.path)}${local.suffix}`;
  return formatInstallable({ flake: place, attribute });
}
