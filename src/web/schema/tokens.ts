/** Tokens as the API has them. */

import * as z from "zod";
import { isTokenName, SCOPES } from "../../boot/access/token.ts";

const name = z
  .string()
  .refine(isTokenName, "want a token's name: up to 64 letters, digits, '.', '_' and '-'");

export const tokenParams = z.object({ name });

export const tokenBody = z.strictObject({
  name,
  scope: z.enum(SCOPES),
  /** How long it counts; absent: until it is revoked. */
  days: z.int().min(1).max(3650).optional(),
});

export const token = z.object({
  name: z.string(),
  scope: z.enum(SCOPES),
  created: z.iso.datetime(),
  expires: z.iso.datetime().optional(),
});

export const tokens = z.object({ tokens: z.array(token) });

/** The only answer that has a token's text. */
export const newToken = token.extend({ token: z.string() });

export const revocation = z.object({ name: z.string() });
