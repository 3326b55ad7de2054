/** The kinds of frames that are listened for: what DHCP servers answer, and what switches tell of spanning tree. */

import { BPDU_GROUPS } from "../../wire/net/bpdu.ts";
import type { FrameKind } from "./native-raw.ts";

const ETH_P_IP = 0x0800;
/** Frames that have a length where others have a type. */
const ETH_P_802_2 = 0x0004;

/** What an instruction of the classic packet filter does. */
const OP = {
  LOAD_HALF: 0x28,
  LOAD_BYTE: 0x30,
  LOAD_HALF_BEHIND_X: 0x48,
  X_IS_HEADER_LENGTH: 0xb1,
  JUMP_IF_EQUAL: 0x15,
  JUMP_IF_BITS: 0x45,
  RETURN: 0x06,
} as const;

const UDP = 17;
const ETHERNET_BYTES = 14;
const WHOLE_FRAME = 0xffff;

/** Operation, instructions to skip if so, if not so, operand. */
type Instruction = readonly [op: number, ifSo: number, ifNot: number, operand: number];

/** UDP over IPv4, not a later fragment, from port 67 or 4011 to 68. */
const ANSWERS: readonly Instruction[] = [
  [OP.LOAD_BYTE, 0, 0, ETHERNET_BYTES + 9],
  [OP.JUMP_IF_EQUAL, 0, 9, UDP],
  [OP.LOAD_HALF, 0, 0, ETHERNET_BYTES + 6],
  [OP.JUMP_IF_BITS, 7, 0, 0x1fff],
  [OP.X_IS_HEADER_LENGTH, 0, 0, ETHERNET_BYTES],
  [OP.LOAD_HALF_BEHIND_X, 0, 0, ETHERNET_BYTES],
  [OP.JUMP_IF_EQUAL, 1, 0, 67],
  [OP.JUMP_IF_EQUAL, 0, 3, 4011],
  [OP.LOAD_HALF_BEHIND_X, 0, 0, ETHERNET_BYTES + 2],
  [OP.JUMP_IF_EQUAL, 0, 1, 68],
  [OP.RETURN, 0, 0, WHOLE_FRAME],
  [OP.RETURN, 0, 0, 0],
];

/**
 * Answers of DHCP servers to clients.
 *
 * Filtered by the kernel: all that a boot storm fetches goes by the same interface.
 */
export const DHCP_ANSWERS: FrameKind = { protocol: ETH_P_IP, filter: assemble(ANSWERS) };

/** Messages of spanning tree. */
export const BPDUS: FrameKind = { protocol: ETH_P_802_2, groups: BPDU_GROUPS };

/** In the machine's own byte order. */
function assemble(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(8 * instructions.length);
  instructions.forEach(([op, ifSo, ifNot, operand], i) => {
    bytes.set(new Uint8Array(Uint16Array.of(op).buffer), 8 * i);
    bytes.set([ifSo, ifNot], 8 * i + 2);
    bytes.set(new Uint8Array(Uint32Array.of(operand).buffer), 8 * i + 4);
  });
  return bytes;
}
