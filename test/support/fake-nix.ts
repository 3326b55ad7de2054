/** A program in nix's place: a shell script that says what nix would say, and makes the link that nix would make. */

import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface FakeNix {
  /** Its path. */
  readonly nix: string;
  /** What `nix build` does from now on: a part of a shell script in which `succeed` links a store path. */
  does(script: string): void;
  /** The store path that `succeed NAME` links. */
  path(name: string): string;
}

/** Whatever is built is a complete image in a store below `folder`. */
export function createFakeNix(folder: string): FakeNix {
  const nix = join(folder, "fake-nix");
  const path = (name: string) => {
    const digest = createHash("sha256").update(name).digest();
    const alphabet = "0123456789abcdfghijklmnpqrsvwxyz";
    return join(folder, "store", `${Array.from(digest, (byte) => alphabet[byte % 32]).join("")}-${name}`);
  };
  return {
    nix,
    path,
    does(script) {
      const names = [...script.matchAll(/\bsucceed (\S+)/g)].map(([, name = ""]) => name);
      for (const name of names) writeImage(path(name), name);
      const cases = names.map((name) => `${name}) target=${path(name)};;`).join(" ");
      writeFileSync(
        nix,
        `#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" = --out-link ] && link=$2; shift; done
installable=$1
say() { echo "@nix $1" >&2; }
succeed() {
  case $1 in ${cases} *) exit 70;; esac
  ln -s "$target" "$link.tmp-1-$$" && mv -T "$link.tmp-1-$$" "$link"
}
${script}
`,
      );
      chmodSync(nix, 0o755);
    },
  };
}

function writeImage(folder: string, name: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "bzImage"), `kernel ${name}`);
  writeFileSync(join(folder, "initrd.zst"), `initrd ${name}`);
  writeFileSync(
    join(folder, "kexec-boot"),
    `kexec --load bzImage --command-line "init=/nix/store/${name}/init"\n`,
  );
}
