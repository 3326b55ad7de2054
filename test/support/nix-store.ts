/** A nix store of a test's own, worked on by the real nix: no daemon, no network, nothing shared. */

import { readlink } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../../src/lab/program.ts";

export interface NixStore {
  /**
   * Builds an expression as `nix-build -o LINK ARGS` does, which replaces the link by a rename.
   *
   * @returns the store path that the link leads to
   */
  build(expression: string, args: readonly string[], link: string): Promise<string>;
  /** Removes what no root holds; gives what the collector said. */
  collectGarbage(): Promise<string>;
}

/**
 * What any nix command needs to work in a store of its own.
 *
 * @param root - where the store, its state and its configuration go
 */
export function nixEnvironment(root: string): Record<string, string> {
  return {
    NIX_STORE_DIR: join(root, "store"),
    NIX_STATE_DIR: join(root, "state"),
    NIX_LOG_DIR: join(root, "log"),
    NIX_CONF_DIR: join(root, "conf"),
    NIX_CONFIG:
      "sandbox = false\nsubstituters =\nbuild-users-group =\nexperimental-features = nix-command flakes\n",
    NIX_REMOTE: "",
    HOME: root,
  };
}

/** @param root - where the store, its state and its configuration go */
export function createNixStore(root: string): NixStore {
  const env = nixEnvironment(root);
  return {
    async build(expression, args, link) {
      await runProgram(["nix-build", "-E", expression, ...args, "--out-link", link], { env });
      return readlink(link);
    },
    collectGarbage: () => runProgram(["nix-collect-garbage"], { env }),
  };
}
