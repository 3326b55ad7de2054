#!/usr/bin/env node
// Starts the compiled program where it was published, else the sources as they are.
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";

const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(
    `mayfly needs Node 24 or later, this is ${process.version}. In a checkout run it as 'npx mayfly …' or ` +
      "by the npm scripts: they use the Node that 'npm ci' installed.",
  );
  process.exit(1);
}
// A third of a start goes into reading the sources; what came out of it is kept in the temporary folder.
enableCompileCache();
const compiled = new URL("../dist/cli.js", import.meta.url);
await import(existsSync(compiled) ? compiled.href : new URL("../src/cli.ts", import.meta.url).href);
