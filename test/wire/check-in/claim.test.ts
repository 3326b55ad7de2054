import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Claim,
  encodeClaim,
  formatHex,
  formatToken,
  parseToken,
  TOKEN_LENGTH,
} from "../../../src/wire/check-in/claim.ts";
import { formatMac } from "../../../src/wire/net/mac.ts";

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(formatHex);

const claims: fc.Arbitrary<Claim> = fc.record({
  bootId: hex(8),
  mac: fc.uint8Array({ minLength: 6, maxLength: 6 }).map(formatMac),
  issuedSeconds: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  generationMark: hex(8),
  hostMark: hex(6),
});

test("a token says what it was made of, and which bytes are signed", () => {
  fc.assert(
    fc.property(claims, fc.uint8Array({ minLength: 16, maxLength: 16 }), (claim, signature) => {
      const bytes = encodeClaim(claim);
      const token = formatToken(bytes, signature);
      expect(token).toMatch(/^[A-Za-z0-9_-]{64}$/);
      expect(parseToken(token)).toEqual({ claim, bytes, signature });
    }),
  );
});

test("any text is a token that would be written the same, or none", () => {
  const letters = fc.string({
    unit: fc.constantFrom(..."ABab01-_=. "),
    minLength: TOKEN_LENGTH - 1,
    maxLength: TOKEN_LENGTH + 1,
  });
  fc.assert(
    fc.property(fc.oneof(fc.string(), letters), (text) => {
      const parsed = parseToken(text);
      if (parsed !== undefined) expect(formatToken(encodeClaim(parsed.claim), parsed.signature)).toBe(text);
    }),
  );
});
