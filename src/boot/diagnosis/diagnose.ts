/**
 * Says why a boot stands still or repeats, from what was seen of it. Pure.
 *
 * A boot on which nothing is wrong gets no diagnosis, however slow it is: each rule asks first whether the
 * machine has stopped.
 */

import type { Case } from "./case.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { FIRMWARE_RULES } from "./firmware-rules.ts";
import { IMAGE_RULES } from "./image-rules.ts";
import { SERVER_RULES } from "./server-rules.ts";

/** @returns the most particular one first; most often one or none */
export function diagnose(boot: Case): readonly Diagnosis[] {
  return [...SERVER_RULES, ...FIRMWARE_RULES, ...IMAGE_RULES].flatMap((rule) => rule(boot) ?? []);
}
