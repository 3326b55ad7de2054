/** An event as a comment in a capture: its line, without what lets its reader do something. Pure. */

import { strikeTokens } from "../../wire/check-in/strike-token.ts";
import { describe } from "../describe.ts";
import type { BootEvent } from "../event.ts";

export function noteOf(event: BootEvent): string {
  const [, struck] = strikeTokens(0, new TextEncoder().encode(describe(event).text));
  return new TextDecoder().decode(struck);
}
