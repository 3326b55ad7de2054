/** Writes docs/mayfly.schema.json, the JSON Schema of mayfly.yaml for editors. */

import { writeFile } from "node:fs/promises";
import { configSchema } from "../src/config/json-schema.ts";

const target = new URL("../docs/mayfly.schema.json", import.meta.url);
await writeFile(target, `${JSON.stringify(configSchema(), undefined, 2)}\n`);
