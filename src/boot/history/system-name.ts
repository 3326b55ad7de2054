/** Tells a NixOS system from the kernel parameters that start it, and its version from its name. */

import { baseName } from "../base-name.ts";

/**
 * The system whose `init` the kernel is to start: `/nix/store/HASH-nixos-system-NAME-VERSION`.
 *
 * @returns `undefined` where the parameters name no init in a nix store
 */
export function systemOf(kernelParams: string): string | undefined {
  // The kernel lets the last one win.
  const init = initOf(kernelParams);
  return /^(\/(?:[^/]+\/)*store\/[0-9a-df-np-sv-z]{32}-[^/]+)\/init$/.exec(init ?? "")?.[1];
}

/** What `init=` says; `undefined` where there is none. */
export function initOf(kernelParams: string): string | undefined {
  const words = kernelParams.split(/\s+/).filter((word) => word.startsWith("init="));
  return words.at(-1)?.slice("init=".length);
}

/** The version of the NixOS whose `init` the kernel is to start, as far as a name tells it. */
export function nixosVersionIn(kernelParams: string): string | undefined {
  const system = systemOf(kernelParams);
  return system === undefined ? undefined : versionInName(system);
}

/** The version that NixOS has put into the name of a system; `undefined` where the name has none. */
export function versionInName(system: string): string | undefined {
  return /-nixos-system-.*?-(\d\d\.\d\d(?:[.p][^/]*)?)$/.exec(baseName(system))?.[1];
}
