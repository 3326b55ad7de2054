/** Fails a build in which something of the server would run in a browser: of it the page has types alone. */

import { join, sep } from "node:path";
import type { Plugin } from "vite";

const SERVER = join(import.meta.dirname, "../src") + sep;

export function typesOnly(): Plugin {
  return {
    name: "types-only",
    apply: "build",
    load(id) {
      if (id.startsWith(SERVER))
        this.error(`${id} is the server's: import its types alone, by 'import type'`);
    },
  };
}
