/**
 * Who made a network card: looks MAC addresses up in the list of the IEEE's registrations.
 *
 * The list is a file of 5.6 MB with one block a line. It is read through for a whole batch and never
 * held, so that nothing stays in memory and nothing else waits long.
 */

import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import type { Mac } from "../../wire/net/mac.ts";

/** Hexadecimal digits of a large, a medium and a small block, the most particular first. */
const PREFIX_DIGITS = [9, 7, 6];

/**
 * Looks up who the blocks belong to that these addresses are from.
 *
 * @returns a name for each address; empty for a block that nobody has, and for addresses that were not
 * given by a maker, as those of virtual machines are
 */
export async function lookUpVendors(macs: Iterable<Mac>): Promise<ReadonlyMap<Mac, string>> {
  const wanted = [...macs];
  const prefixes = new Set(wanted.filter((mac) => !isLocal(mac)).flatMap(prefixesOf));
  const names = prefixes.size === 0 ? new Map<string, string>() : await readNames(prefixes);
  const nameOf = (mac: Mac) => {
    const prefix = isLocal(mac) ? undefined : prefixesOf(mac).find((each) => names.has(each));
    return prefix === undefined ? "" : (names.get(prefix) ?? "");
  };
  return new Map(wanted.map((mac) => [mac, nameOf(mac)]));
}

/** The second bit of the first byte: whoever set the address up chose it. @see IEEE 802 §8.2 */
function isLocal(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;
}

function prefixesOf(mac: Mac): string[] {
  const digits = mac.replaceAll(":", "").toUpperCase();
  return PREFIX_DIGITS.map((count) => digits.slice(0, count));
}

/** The lines are ` "DCA632": "Raspberry Pi Trading Ltd\nMaurice Wilkes Building …",`; the name stands first. */
async function readNames(prefixes: ReadonlySet<string>): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const file = createRequire(import.meta.url).resolve("oui-data");
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "utf8" })) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const prefix = line.slice(2, line.indexOf('"', 2));
      if (!prefixes.has(prefix)) continue;
      const entry: Record<string, string> = JSON.parse(`{${line.replace(/,$/, "")}}`);
      names.set(prefix, entry[prefix]?.split("\n")[0]?.trim() ?? "");
    }
  }
  return names;
}
