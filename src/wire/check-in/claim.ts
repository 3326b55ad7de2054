/**
 * What a check-in token says of its boot, as bytes.
 *
 * ```
 *  0        8        14       18         26       32          48
 *  +--------+--------+--------+----------+--------+-----------+
 *  | boot   | MAC    | issued | genera-  | host   | signature |
 *  | id     |        | (s)    | tion     |        |           |
 *  +--------+--------+--------+----------+--------+-----------+
 * ```
 *
 * Generation and host stand there as the beginning of a digest of their names, which are too long for a
 * kernel's command line. Whether the signature is ours the holder of the secret can tell.
 */

import { decodeBase64Url, encodeBase64Url } from "../base64url.ts";
import { concat, formatHexByte } from "../bytes.ts";
import { encodeMac, formatMac, type Mac } from "../net/mac.ts";

export interface Claim {
  /** 16 hex digits in lower case. */
  readonly bootId: string;
  readonly mac: Mac;
  /** Seconds since the epoch, 32 bits. */
  readonly issuedSeconds: number;
  /** The first {@link GENERATION_MARK_BYTES} of a digest of the generation's id, in hex. */
  readonly generationMark: string;
  /** The first {@link HOST_MARK_BYTES} of a digest of the host's name, in hex. */
  readonly hostMark: string;
}

/** A token taken apart; nothing of it may be believed before its signature was checked. */
export interface SignedClaim {
  readonly claim: Claim;
  /** What the signature is made of. */
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

export const BOOT_ID_BYTES = 8;
export const GENERATION_MARK_BYTES = 8;
export const HOST_MARK_BYTES = 6;
export const SIGNATURE_BYTES = 16;
const CLAIM_BYTES = 32;
/** Of the token in letters: a multiple of four, so that each bit of the text means something. */
export const TOKEN_LENGTH = 64;

/** The part of a token that is signed. */
export function encodeClaim(claim: Claim): Uint8Array {
  const issued = new Uint8Array(4);
  new DataView(issued.buffer).setUint32(0, claim.issuedSeconds);
  return concat([
    encodeHex(claim.bootId),
    encodeMac(claim.mac),
    issued,
    encodeHex(claim.generationMark),
    encodeHex(claim.hostMark),
  ]);
}

/** The token of a claim. @param signature - {@link SIGNATURE_BYTES} of it */
export function formatToken(claim: Uint8Array, signature: Uint8Array): string {
  return encodeBase64Url(concat([claim, signature]));
}

/** Takes a token apart. @returns `undefined` for text that is none */
export function parseToken(token: string): SignedClaim | undefined {
  if (token.length !== TOKEN_LENGTH) return undefined;
  const all = decodeBase64Url(token);
  if (all === undefined) return undefined;
  const bytes = all.subarray(0, CLAIM_BYTES);
  return { claim: decodeClaim(bytes), bytes, signature: all.subarray(CLAIM_BYTES) };
}

function decodeClaim(bytes: Uint8Array): Claim {
  return {
    bootId: formatHex(bytes.subarray(0, 8)),
    mac: formatMac(bytes.subarray(8, 14)),
    issuedSeconds: new DataView(bytes.buffer, bytes.byteOffset).getUint32(14),
    generationMark: formatHex(bytes.subarray(18, 26)),
    hostMark: formatHex(bytes.subarray(26, 32)),
  };
}

function encodeHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Bytes as hex digits in lower case. */
export function formatHex(bytes: Uint8Array): string {
  return Array.from(bytes, formatHexByte).join("");
}
