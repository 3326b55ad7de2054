/**
 * Mayfly in a few files instead of hundreds, since most of a start is finding and reading them: for tests that
 * start it again and again. It is the same program, from the same sources.
 */

import { cp, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "vite";
import { tempFolder } from "./temp-folder.ts";

const ROOT = join(import.meta.dirname, "../..");

/** @returns the program, for Node to run */
export async function bundleServer(): Promise<string> {
  const folder = tempFolder();
  await build({
    ...{ root: ROOT, configFile: false, logLevel: "error" },
    build: {
      ssr: "src/cli.ts",
      outDir: join(folder, "dist"),
      target: "node24",
      emptyOutDir: true,
      minify: false,
    },
    // What is native stays where it is.
    ssr: { noExternal: true, external: ["koffi"] },
  });
  await cp(join(ROOT, "package.json"), join(folder, "package.json"));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const program = join(folder, "mayfly.js");
  const cache = JSON.stringify(join(folder, "cache"));
  await writeFile(
    program,
    `import module from "node:module";\nmodule.enableCompileCache(${cache});\nawait import("./dist/cli.js");\n`,
  );
  return program;
}
