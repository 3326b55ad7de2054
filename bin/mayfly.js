#!/usr/bin/env node
// Starts the sources as they are in a checkout, else the compiled program: only that is published.
import { existsSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";
import v8 from "node:v8";

const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(
    `mayfly needs Node 24 or later, this is ${process.version}. In a checkout run it as 'npx mayfly …' or ` +
      "by the npm scripts: they use the Node that 'npm ci' installed.",
  );
  process.exit(1);
}
// New objects keep to the 1 MB that V8 begins with: it would take up to 48 MB for them, 20 to 30 of them while
// a thousand hosts are read, and never give them back. Transfers are as fast. Of the flags for this only
// this one is still looked at once the program runs; no service and no script has to name it.
v8.setFlagsFromString("--semi-space-growth-factor=1");
// And one thread is done with 1 MB before a second one has come to help: a third of a millisecond for half a
// one, in which machines wait.
v8.setFlagsFromString("--no-parallel-scavenge");
// Old objects are collected when there is half as much again as were left by the last time. V8 would let them
// grow to some three times that: a hundred megabytes that lists of a thousand hosts have left, and that it keeps.
v8.setFlagsFromString("--heap-growing-percent=50");

// Sources that were stripped of their types once are not stripped again: a third of the start's time, and
// 17 MB. Not in Node's own default, the folder for temporary files, where others could lay code for us.
const { CACHE_DIRECTORY, XDG_CACHE_HOME, HOME } = process.env;
const cache = CACHE_DIRECTORY?.split(":")[0] || XDG_CACHE_HOME || (HOME && join(HOME, ".cache"));
if (cache) module.enableCompileCache(join(cache, "mayfly", "compile"));

// Not dist/ first: one that 'npm run build' left in a checkout would hide every edit since.
const source = new URL("../src/cli.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/cli.js", import.meta.url).href);
