/** Builds the dashboard into `dashboard/dist`: a page, and files whose names change with their content. */

import { defineConfig } from "vite";
import { sizeBudget } from "./size-budget.ts";
import { typesOnly } from "./types-only.ts";

/** All that a browser fetches, compressed as a server would send it. */
const MAX_COMPRESSED_BYTES = 150_000;

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [typesOnly(), sizeBudget(MAX_COMPRESSED_BYTES)],
  build: {
    target: "es2022",
    // What stands in the page itself would need its leave in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
