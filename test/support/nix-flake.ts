/** A flake for a real nix without a network: its builder is busybox, and it needs nothing else. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SYSTEM = process.arch === "arm64" ? "aarch64-linux" : "x86_64-linux";

/**
 * Writes a flake whose package of each host is built by a script, in which `image VERSION` makes a whole one.
 *
 * @param folder - made if it is not there
 * @param hosts - what builds each host's package
 */
export function writeFlake(folder: string, hosts: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  const packages = Object.entries(hosts).map(
    ([name, script]) => `    ${name} = make "${name}" ''\n${script}\n'';`,
  );
  writeFileSync(
    join(folder, "flake.nix"),
    `{
  outputs = { self }: let
    make = name: script: derivation {
      name = "kexec-tree";
      system = "${SYSTEM}";
      builder = "/bin/busybox";
      args = [ "sh" "-euc" (''
        image() {
          /bin/busybox mkdir $out
          echo "kernel $1" > $out/bzImage
          /bin/busybox seq -w 100000 | /bin/busybox sed "s/^/$1 line /" > $out/initrd.zst
          echo "kexec --load bzImage --command-line \\"init=/nix/store/$1/init\\"" > $out/kexec-boot
        }
      '' + script) ];
    };
  in {
    packages.${SYSTEM} = {
${packages.join("\n")}
    };
  };
}
`,
  );
}
