/** Option 82: what a relay agent adds to a request, and wants back unchanged in the reply. */

import type { Ipv4 } from "../net/ipv4.ts";
import { decodeAddress } from "./addresses.ts";
import { decodeSubOptions, encodeSubOptions, type SubOptionRules } from "./sub-options.ts";

const RULES: SubOptionRules = { option: 82, padAndEnd: false };
const CIRCUIT_ID = 1;
const REMOTE_ID = 2;
const LINK_SELECTION = 5;
const SERVER_ID_OVERRIDE = 11;

export interface RelayAgentInfo {
  /** Which port or line the request came from, in the relay's own form. */
  readonly circuitId?: Uint8Array;
  /** Who is at the far end, in the relay's own form. */
  readonly remoteId?: Uint8Array;
  /** An address of the network that the client is on, where `giaddr` is only where the relay is (RFC 3527). */
  readonly linkSelection?: Ipv4;
  /** What the client is to take for the server, so that its renewals pass the relay too (RFC 5107). */
  readonly serverIdOverride?: Ipv4;
  /** Every sub-option by code, in the order sent, those above among them. */
  readonly all: ReadonlyMap<number, Uint8Array>;
}

/**
 * Reads option 82.
 *
 * @throws {@link WireError} `WIRE_TRUNCATED` if it ends inside a sub-option, `WIRE_BAD_LENGTH`
 * for one that is no address and should be
 * @see RFC 3046 §2.0
 */
export function decodeRelayAgentInfo(value: Uint8Array): RelayAgentInfo {
  const all = decodeSubOptions(value, RULES);
  const circuitId = all.get(CIRCUIT_ID);
  const remoteId = all.get(REMOTE_ID);
  const address = (code: number) => {
    const bytes = all.get(code);
    return bytes === undefined ? undefined : decodeAddress(bytes, 82);
  };
  const linkSelection = address(LINK_SELECTION);
  const serverIdOverride = address(SERVER_ID_OVERRIDE);
  return {
    all,
    ...(linkSelection !== undefined && { linkSelection }),
    ...(serverIdOverride !== undefined && { serverIdOverride }),
    ...(circuitId !== undefined && { circuitId }),
    ...(remoteId !== undefined && { remoteId }),
  };
}

/** Writes option 82 from its sub-options. The inverse of {@link decodeRelayAgentInfo}. */
export function encodeRelayAgentInfo(all: ReadonlyMap<number, Uint8Array>): Uint8Array {
  return encodeSubOptions(all, RULES);
}
