/** By what a machine may be known in the configuration. */

import { parseMac } from "../wire/net/mac.ts";
import { list, text } from "./raw-parts.ts";
import { parseClientId } from "./subnet-values.ts";
import { parseUuid } from "./values.ts";

/** What is wanted, in the words of a mistake. */
export const IDENTITY_WANT = {
  mac: "a MAC address of one machine such as 52:54:00:12:34:56",
  macs: "a list of MAC addresses",
  uuid: "a UUID such as 4c4c4544-0046-3310-8053-b3c04f4d5132, neither all zeros nor all ones",
  uuids: "a list of UUIDs",
  serial: "a serial number as the machine spells it",
  serials: "a list of serial numbers",
  clientId: "a client id as bytes in hex, its type first, such as 01:52:54:00:12:34:56",
  clientIds: "a list of client ids",
} as const;

export const macs = list(
  text(IDENTITY_WANT.mac, (value) => parseMac(value) !== undefined, "^[0-9A-Fa-f:.-]{11,17}$"),
  IDENTITY_WANT.macs,
);

export const uuids = list(
  text(IDENTITY_WANT.uuid, (value) => parseUuid(value) !== undefined, "^[{]?[0-9A-Fa-f-]{32,36}[}]?$"),
  IDENTITY_WANT.uuids,
);

export const serials = list(text(IDENTITY_WANT.serial), IDENTITY_WANT.serials);

/** Option 61. */
export const clientIds = list(
  text(IDENTITY_WANT.clientId, (value) => parseClientId(value) !== undefined, "^[0-9A-Fa-f:. -]+$"),
  IDENTITY_WANT.clientIds,
);
