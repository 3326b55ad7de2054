/** Roots of nix's collector made by an ordinary user: by nix's daemon, or not at all, and told. */

import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { type Program, runProgram, startProgram } from "../../src/lab/program.ts";
import { lacks } from "../support/needs.ts";
import { nixEnvironment } from "../support/nix-store.ts";
import { tempFolder } from "../support/temp-folder.ts";

const run = promisify(execFile);
const NOBODY = 65_534;
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--inh-caps=-all"];

// It takes root to be an ordinary user; where tests are complete, root is there.
const lacking = process.getuid?.() !== 0 && process.env.CI === undefined;

/** Holds a path, says what it was told, and lets go of the path if it is asked to. */
const SCRIPT = `
  const [module, stateFolder, path, then] = process.argv.slice(1);
  const { createGcRoots } = await import(module);
  const told = [];
  const roots = createGcRoots({ stateFolder, env: process.env, tell: (notice) => told.push(notice) });
  const hold = await roots.hold([path]);
  if (then === "release") hold.release();
  // A release is done once the next hold is.
  await roots.hold([path]).then((next) => then === "release" && next.release());
  console.log(JSON.stringify(told));`;

test.skipIf(lacking || lacks("nix-build"))(
  "an ordinary user has nix's daemon make the root; without it the reason and the cure are told",
  async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o755);
    const [node, state] = [join(folder, "node"), join(folder, "state")];
    copyFileSync(process.execPath, node);
    chmodSync(node, 0o755);
    await run("cp", ["-r", fileURLToPath(new URL("../../src", import.meta.url)), join(folder, "src")]);
    await run("chmod", ["-R", "a+rX", join(folder, "src")]);
    mkdirSync(state, { mode: 0o700 });
    chownSync(state, NOBODY, NOBODY);

    const env = nixEnvironment(join(folder, "nix"));
    writeFileSync(join(folder, "image"), "image");
    const path = (await runProgram(["nix-store", "--add", join(folder, "image")], { env })).trim();
    const asNobody = async (then: string) => {
      const module = join(folder, "src/io/keeping/gc-roots.ts");
      const args = [...AS_NOBODY, node, "--input-type=module", "-e", SCRIPT, module, state, path, then];
      const own = { ...process.env, ...env, HOME: state, NIX_REMOTE: "daemon" };
      const { stdout } = await run("setpriv", args, { env: own, cwd: state });
      return JSON.parse(stdout);
    };
    const collect = () => runProgram(["nix-collect-garbage"], { env });

    expect(await asNobody("keep")).toEqual([
      {
        level: "warn",
        text: expect.stringMatching(
          /gcroots\/auto cannot be written \(EACCES\), and nix does not help: error: /,
        ),
        cure: expect.stringMatching(/ReadWritePaths=.*\/gcroots\/auto.* or install nix/),
      },
    ]);

    const daemon = await startDaemon(env);
    try {
      expect(await asNobody("keep")).toEqual([]);
      await collect();
      expect(existsSync(path)).toBe(true);
      expect(await asNobody("release")).toEqual([]);
      expect(readdirSync(join(state, "gcroots"))).toEqual([]);
      await collect();
      expect(existsSync(path)).toBe(false);
    } finally {
      await daemon.stop();
    }
  },
  60_000,
);

async function startDaemon(env: Record<string, string>): Promise<Program> {
  const daemon = await startProgram(["nix-daemon"], { env });
  const socket = join(env.NIX_STATE_DIR ?? "", "daemon-socket/socket");
  await expect.poll(() => existsSync(socket), { timeout: 10_000 }).toBe(true);
  return daemon;
}
