/**
 * The script of `curl … /kexec/HOST | sudo sh`: it brings a Linux that runs into a host's generation.
 *
 * It is the same for every machine; what is this machine's own it asks for. It runs in dash, in busybox'
 * ash and in bash, and nothing of it runs before its last line has arrived.
 */

import type { BaseUrl } from "../script/script.ts";
import { formatWish, type KexecWish, kexecPath } from "./kexec-question.ts";
import { formatScriptHead, PLAN_END, PLAN_MARK } from "./plan.ts";
import { CHECKS } from "./sh-checks.ts";
import { MACHINE } from "./sh-machine.ts";
import { MAIN } from "./sh-main.ts";
import { ROOM } from "./sh-room.ts";

/** Writes the script for whoever reaches us at `base`. */
export function kexecScript(base: BaseUrl, wish: KexecWish): string {
  const what = wish.host ?? (wish.group === undefined ? "its host" : `its host of group ${wish.group}`);
  const query = formatWish(wish);
  const place = kexecPath(wish);
  const settings = new Map([
    ["base", base],
    ["place", place],
    ["query", query === "" ? "" : `&${query}`],
    ["url", `${base}${place}${query === "" ? "" : `?${query}`}`],
    ["name", what],
    ["plan_mark", PLAN_MARK],
    ["plan_end", PLAN_END],
  ]);
  const about = `Mayfly: brings this Linux into the generation of ${what}, by kexec. '--help' says more.`;
  return [...formatScriptHead(settings, about), MACHINE, CHECKS, ROOM, MAIN].join("\n");
}
