/**
 * Makes secrets that let somebody in, and what is kept of them.
 *
 * Of a secret only its SHA-256 is kept. A slow hash makes guessing dear where people choose the secret;
 * of 32 random bytes nobody guesses one, at whatever speed, and a fast hash costs nothing on each request.
 */

import { createHash, randomBytes } from "node:crypto";

const BYTES = 32;

/** 256 random bits, as text that is safe in headers, cookies and shells. */
export function makeSecret(prefix = ""): string {
  return `${prefix}${randomBytes(BYTES).toString("base64url")}`;
}

/** What is kept of it, and what it is found by: how long a look-up takes tells nothing of the secret. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
