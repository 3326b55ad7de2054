/**
 * Spanning tree's own messages (BPDUs), which switches send each other and every machine at their ports.
 *
 * ```
 *  0 destination    6 source    12 length of what follows
 * 14 LLC 42 42 03                (Cisco's per-VLAN ones: aa aa 03 00 00 0c 01 0b)
 *    0 protocol 0   2 version    3 type    4 flags    5 root (8)   13 cost of the way to it
 *   17 bridge (8)  25 port      27 age    29 max age 31 hello     33 forward delay
 * ```
 *
 * @see IEEE 802.1D-2004 §9.3, IEEE 802.1Q §14
 */

import { formatMac, type Mac } from "./mac.ts";

/** Where switches send them; Cisco's for each VLAN go to the second one. */
export const BPDU_GROUPS: readonly Mac[] = ["01:80:c2:00:00:00", "01:00:0c:cc:cc:cd"];

export interface Bpdu {
  readonly kind: "stp" | "rstp" | "mstp";
  /** The switch that sent it, by the MAC address in its bridge identifier. */
  readonly bridge: Mac;
  /** How long a port waits in each of the two states before it forwards, in seconds. */
  readonly forwardDelaySeconds: number;
  /** Whether the port that sent it lets packets through already; absent: classic spanning tree does not tell. */
  readonly forwards?: boolean;
}

const LLC_AT = 14;
const STP = Uint8Array.of(0x42, 0x42, 0x03);
const PVST = Uint8Array.of(0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x01, 0x0b);
const BYTES = 35;
const TYPE = { CONFIGURATION: 0x00, RAPID: 0x02 } as const;
const FORWARDING = 0x20;
/** Times are sent in 256ths of a second. */
const PER_SECOND = 256;

/**
 * Reads an Ethernet frame.
 *
 * @returns `undefined` for anything else, and for a BPDU that only says that something has changed
 */
export function decodeBpdu(frame: Uint8Array): Bpdu | undefined {
  const body = bodyOf(frame);
  if (body === undefined || body.length < BYTES) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, BYTES);
  const type = view.getUint8(3);
  const isRapid = type === TYPE.RAPID;
  if (view.getUint16(0) !== 0 || (!isRapid && type !== TYPE.CONFIGURATION)) return undefined;
  return {
    kind: !isRapid ? "stp" : view.getUint8(2) >= 3 ? "mstp" : "rstp",
    // The first two bytes of a bridge identifier are its priority.
    bridge: formatMac(body.subarray(19, 25)),
    forwardDelaySeconds: view.getUint16(33) / PER_SECOND,
    ...(isRapid ? { forwards: (view.getUint8(4) & FORWARDING) !== 0 } : {}),
  };
}

function bodyOf(frame: Uint8Array): Uint8Array | undefined {
  const kind = [STP, PVST].find((start) => start.every((byte, i) => frame[LLC_AT + i] === byte));
  return kind === undefined ? undefined : frame.subarray(LLC_AT + kind.length);
}
