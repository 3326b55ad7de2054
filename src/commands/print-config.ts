/** `mayfly print-config SERVER`: what to put into another DHCP server, so that machines boot from this one. */

import { join } from "node:path";
import { DHCP_PRODUCTS, type DhcpProduct } from "../boot/advice/products.ts";
import { likelyWord } from "../config/likely.ts";
import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { findBootPrograms } from "../io/boot-programs.ts";
import { chooseAddress } from "./own-address.ts";

export interface PrintConfigOptions {
  /** The server's name, as typed. */
  readonly product: string;
  /** Our address, as typed. */
  readonly address?: string;
}

/**
 * Writes the text. The server need not run, and nothing is changed anywhere.
 *
 * @throws {@link ConfigError} for a name that there is no advice for, and where our address must be said
 */
export async function printConfig(request: SettingsRequest, options: PrintConfigOptions): Promise<string> {
  const product = findProduct(options.product);
  const settings = await loadSettings(request);
  const self = await chooseAddress(settings, options.address);
  const { programs } = await findBootPrograms({
    ownFolder: join(settings.mediaFolder, "ipxe"),
    ipxeFolders: settings.ipxeFolders,
  });
  return product.write({ self, ports: { http: settings.httpPort, tftp: settings.tftpPort }, programs });
}

/** The names that there is advice for, a line each. */
export function listProducts(): string[] {
  return DHCP_PRODUCTS.map(({ name, people }) => `${name.padEnd(11)} ${people}`);
}

function findProduct(typed: string): DhcpProduct {
  const found = DHCP_PRODUCTS.find(({ name }) => name === typed.toLowerCase());
  if (found !== undefined) return found;
  const names = DHCP_PRODUCTS.map(({ name }) => name);
  const likely = likelyWord(typed.toLowerCase(), names);
  const hint = likely === undefined ? "" : ` (did you mean ${likely}?)`;
  throw new ConfigError([
    {
      place: "SERVER",
      read: typed === "" ? "nothing" : quote(typed),
      want: `one of ${names.join(", ")}${hint}`,
    },
  ]);
}
