/** The secret that check-in tokens are signed with, and what is signed. It leaves this file only as signatures. */

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Claim } from "../../wire/check-in/claim.ts";
import {
  encodeClaim,
  formatHex,
  formatToken,
  parseToken,
  SIGNATURE_BYTES,
} from "../../wire/check-in/claim.ts";
import type { Store } from "../store/store.ts";

/** Under which kind and key the store has it. */
export const SECRET_KIND = "check-in-secret";
const SECRET_KEY = "hmac-sha256";
const SECRET_BYTES = 32;

export interface CheckInSecret {
  /** The token of a claim. */
  sign(claim: Claim): string;
  /** The claim of a token that we made; `undefined` for every other text. */
  verify(token: string): Claim | undefined;
}

/**
 * Reads the secret, or makes one and keeps it.
 *
 * @returns `undefined` where it cannot be kept: after a restart no token would count
 */
export async function openSecret(store: Store): Promise<CheckInSecret | undefined> {
  const kept = readKey(await store.get(SECRET_KIND, SECRET_KEY));
  if (kept !== undefined) return secretOf(kept);
  const made = randomBytes(SECRET_BYTES);
  const value = formatHex(made);
  const isKept = await store.put([{ kind: SECRET_KIND, key: SECRET_KEY, value }]).then(
    () => true,
    () => false,
  );
  return isKept ? secretOf(made) : undefined;
}

function readKey(value: unknown): Uint8Array | undefined {
  const isKey = typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
  return isKey ? Buffer.from(value, "hex") : undefined;
}

function secretOf(key: Uint8Array): CheckInSecret {
  const signatureOf = (bytes: Uint8Array) =>
    createHmac("sha256", key).update(bytes).digest().subarray(0, SIGNATURE_BYTES);
  return {
    sign(claim) {
      const bytes = encodeClaim(claim);
      return formatToken(bytes, signatureOf(bytes));
    },
    verify(token) {
      const signed = parseToken(token);
      if (signed === undefined) return undefined;
      return timingSafeEqual(signed.signature, signatureOf(signed.bytes)) ? signed.claim : undefined;
    },
  };
}

/** The first bytes of a name's digest, in hex: what a claim has of it. */
export function markOf(name: string, bytes: number): string {
  return createHash("sha256")
    .update(name)
    .digest("hex")
    .slice(0, 2 * bytes);
}
