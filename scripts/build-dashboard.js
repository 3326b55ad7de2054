/**
 * `npm run prepare`: builds the dashboard where `npm ci` has brought what it is built with.
 *
 * Plain JavaScript, and no newer: without the packages for development any Node may run it.
 */

import { existsSync } from "node:fs";

const vite = new URL("../node_modules/vite/package.json", import.meta.url);
if (existsSync(vite)) {
  const { build } = await import("vite");
  await build({
    configFile: new URL("../dashboard/vite.config.ts", import.meta.url).pathname,
    logLevel: "warn",
  });
} else {
  console.log("The dashboard is not built: the packages for development are not installed.");
}
