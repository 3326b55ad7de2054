/** Reads what came in a request by a schema. */

import type * as z from "zod";
import { Problem } from "./problem.ts";

/** @throws {@link Problem} `invalid`, naming every part that is not as wanted */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  if (value === undefined) throw new Problem("invalid", "a body of type application/json is wanted");
  const faults = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw new Problem("invalid", faults.join("; "));
}
