/** Option 82: what a relay agent adds to a request, and wants back unchanged in the reply. */

import { decodeSubOptions, encodeSubOptions, type SubOptionRules } from "./sub-options.ts";

const RULES: SubOptionRules = { option: 82, padAndEnd: false };
const CIRCUIT_ID = 1;
const REMOTE_ID = 2;

export interface RelayAgentInfo {
  /** Which port or line the request came from, in the relay's own form. */
  readonly circuitId?: Uint8Array;
  /** Who is at the far end, in the relay's own form. */
  readonly remoteId?: Uint8Array;
  /** Every sub-option by code, in the order sent, those above among them. */
  readonly all: ReadonlyMap<number, Uint8Array>;
}

/**
 * Reads option 82.
 *
 * @throws {@link WireError} `WIRE_TRUNCATED` if it ends inside a sub-option
 * @see RFC 3046 §2.0
 */
export function decodeRelayAgentInfo(value: Uint8Array): RelayAgentInfo {
  const all = decodeSubOptions(value, RULES);
  const circuitId = all.get(CIRCUIT_ID);
  const remoteId = all.get(REMOTE_ID);
  return {
    all,
    ...(circuitId !== undefined && { circuitId }),
    ...(remoteId !== undefined && { remoteId }),
  };
}

/** Writes option 82 from its sub-options. The inverse of {@link decodeRelayAgentInfo}. */
export function encodeRelayAgentInfo(all: ReadonlyMap<number, Uint8Array>): Uint8Array {
  return encodeSubOptions(all, RULES);
}
