/** The JSON Schema of `mayfly.yaml`, for editors; made from the same definition as the checks. */

import * as z from "zod";
import { rawConfig } from "./raw.ts";

/** What an editor is told. Numbers are let through where text is wanted, as they are by the checks. */
export function configSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(rawConfig, {
    target: "draft-07",
    io: "input",
    override: ({ zodSchema, jsonSchema, path }) => {
      if (
        zodSchema instanceof z.ZodString &&
        jsonSchema.type === "string" &&
        path.at(-1) !== "propertyNames"
      ) {
        Reflect.set(jsonSchema, "type", ["string", "number"]);
      }
    },
  });
  return {
    ...schema,
    title: "Mayfly's configuration",
    description: "mayfly.yaml: which machines there are, and how they are served.",
  };
}
