/** The iPXE scripts of a machine that nothing matches: wait here until you are approved, or go on at once. */

import { formatArgument, formatEcho, formatScript } from "../../wire/ipxe/script.ts";
import type { BootClient } from "../client.ts";
import { type BaseUrl, identityQuery } from "./script.ts";

export interface HoldRequest {
  readonly base: BaseUrl;
  readonly client: BootClient;
  /** 1 when the machine has just come; as its URL says, since the server keeps nothing of it. */
  readonly wait: number;
}

/** Somebody who has just switched a machine on is quick; one that stands there overnight is in no hurry. */
const QUICK_WAITS = 12;
const QUICK_SECONDS = 5;
const SLOW_SECONDS = 10;
/** iPXE does not renew its lease by itself: every ten minutes is often enough for leases of twenty. */
const RENEW_EVERY = 60;
/** The most that the counter in the URL may say. */
const MAX_COUNT = 9999;

/**
 * The script that says who the machine is and how to approve it, then looks again, for ever.
 *
 * Each round is a script that takes the place of the one before, and is freed with it, so that the
 * machine's memory stays as it is however long it waits.
 */
export function holdScript({ base, client, wait }: HoldRequest): string {
  const next = wait >= MAX_COUNT ? QUICK_WAITS + 1 : wait + 1;
  return formatScript([
    // With the address that iPXE shows when it asks, each round has less lines than a screen.
    ...(wait === 1 ? introduction(client) : [reminder(client, wait)]).flatMap(formatEcho),
    ...formatEcho(`On the server: mayfly approve ${client.mac} NAME`),
    ...(wait % RENEW_EVERY === 0 ? ["dhcp netX ||"] : []),
    `sleep ${wait > QUICK_WAITS ? SLOW_SECONDS : QUICK_SECONDS}`,
    ":ask",
    `chain --replace --autofree ${formatArgument(base)}/netboot.ipxe?wait=${next}&${identityQuery()} ||`,
    ...formatEcho(`Mayfly at ${base} does not answer; asking again in ${SLOW_SECONDS} seconds.`),
    `sleep ${SLOW_SECONDS}`,
    "goto ask",
  ]);
}

/** The script that leaves a machine to its next boot option, without a pause (quirk I15). */
export function localScript({ mac }: BootClient): string {
  return formatScript([
    ...formatEcho(`Mayfly: no host names this machine (${mac}); going on with the next boot option.`),
    "exit 1",
  ]);
}

function introduction(client: BootClient): string[] {
  return [
    "",
    "Mayfly does not know this machine. It waits here until somebody says what it is, and boots as soon " +
      "as that is done:",
    ...identity(client).map(([name, value]) => `  ${name.padEnd(13)}${value}`),
  ];
}

function reminder(client: BootClient, wait: number): string {
  const known = identity(client).map(([name, value]) => `${name} ${value}`);
  return `Mayfly: waiting (${wait}) to be told what this machine is: ${known.join(", ")}`;
}

/** What a person may know the machine by, as it says it itself. */
function identity({ mac, uuid, serial, isa, facts = {} }: BootClient): (readonly [string, string])[] {
  const { platform, manufacturer, product, asset, nic, busId } = facts;
  const together = (...parts: readonly (string | undefined)[]) => parts.filter(Boolean).join(" ");
  const rows = [
    ["MAC address", mac],
    ["machine", together(manufacturer, product)],
    ["serial", serial ?? ""],
    ["asset tag", asset ?? ""],
    ["UUID", uuid ?? ""],
    ["architecture", together(isa, platform)],
    ["network card", together(nic, busId)],
  ] as const;
  return rows.filter(([, value]) => value !== "");
}
