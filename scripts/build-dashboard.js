/**
 * `npm run prepare`: builds the dashboard where `npm ci` has brought what it is built with, unless it is there
 * and newer than what it is made of: npm also runs this for the first `npx mayfly` of every user.
 *
 * Plain JavaScript, and no newer: without the packages for development any Node may run it.
 */

import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const place = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const SOURCES = ["dashboard/index.html", "dashboard/vite.config.ts", "docs/errors.md", "package-lock.json"];

if (!existsSync(place("node_modules/vite/package.json"))) {
  console.log("The dashboard is not built: the packages for development are not installed.");
} else if (!isFresh()) {
  const { build } = await import("vite");
  await build({ configFile: place("dashboard/vite.config.ts"), logLevel: "warn" }).catch(passOver);
}

function isFresh() {
  const page = place("dashboard/dist/index.html");
  if (!existsSync(page)) return false;
  const inside = readdirSync(place("dashboard/src"), { recursive: true }).map(
    (name) => `dashboard/src/${name}`,
  );
  const newest = [...SOURCES, ...inside].map(
    (name) => statSync(place(name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return statSync(page).mtimeMs > Math.max(...newest);
}

/**
 * Whether the checkout is somebody else's or a tool is missing: the server says what there is instead of the page,
 * and all else works. `npm run build:dashboard` fails by it.
 */
function passOver(error) {
  console.error(
    `The dashboard is not built ('npm run build:dashboard' tries again): ${String(error?.message ?? error).split("\n")[0]}`,
  );
}
