/** A nix store of a test's own, worked on by the real nix without a daemon. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../../src/lab/program.ts";

export interface NixStore {
  /**
   * Builds a HomestakerOS tree out of a folder's files, as `nix build -o LINK` does: each of its
   * entries is a link to another store path, and the link is replaced by a rename.
   *
   * @returns the tree's store path
   */
  build(folder: string, files: readonly string[], link: string): Promise<string>;
  /** Removes what no root holds; gives what the collector said. */
  collectGarbage(): Promise<string>;
}

const EXPRESSION = `{ folder, files }:
let
  entry = name: builtins.path { path = folder + "/" + name; inherit name; };
  link = name: "/bin/busybox ln -s \${entry name} $out/\${name}";
in
derivation {
  name = "kexec-tree";
  system = builtins.currentSystem;
  builder = "/bin/busybox";
  args = [ "sh" "-c" ("/bin/busybox mkdir $out;" + builtins.concatStringsSep ";" (map link files)) ];
}
`;

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
    async build(folder, files, link) {
      const expression = join(root, "kexec-tree.nix");
      await writeFile(expression, EXPRESSION);
      const list = `[ ${files.map((file) => JSON.stringify(file)).join(" ")} ]`;
      const output = await runProgram(
        [
          "nix-build",
          expression,
          ...["--argstr", "folder", folder, "--arg", "files", list, "--out-link", link],
        ],
        { env },
      );
      return output.trim().split("\n").at(-1) ?? "";
    },
    collectGarbage: () => runProgram(["nix-collect-garbage"], { env }),
  };
}
