/** A real nix with a store of its own in a folder of the test: no daemon, no network, nothing shared. */

import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Nix {
  readonly store: string;
  /** `nix-build -o LINK -A ATTRIBUTE`, with the version that the outputs carry; gives the store path. */
  build(attribute: string, version: string, link: string): Promise<string>;
  /** `nix-collect-garbage`: removes whatever has no root. */
  collect(): Promise<void>;
}

/**
 * Derivations whose outputs are laid out as the builders' are: link farms and joins of other store
 * paths. Their builder is busybox, and they are built within a tenth of a second.
 */
const EXPRESSION = `
{ version }:
let
  make = name: script: derivation {
    inherit name version;
    system = builtins.currentSystem;
    builder = "/bin/busybox";
    args = [ "sh" "-euc" ("bb=/bin/busybox; " + script) ];
  };
  text = name: content: make name "printf '%s' '\${content}' > $out";
  toplevel = make "nixos-system-beta" "$bb mkdir $out; echo $version > $out/init; echo loglevel=4 > $out/kernel-params";
  # Eight megabytes in which every line tells where it is and of which version.
  ramdisk = make "initrd" ''
    $bb mkdir $out
    $bb seq -w 400000 | $bb sed "s/^/$version line /" > $out/initrd
  '';
  kernel = file: make "linux" "$bb mkdir $out; echo kernel $version > $out/\${file}; echo map > $out/System.map";
  params = "init=\${toplevel}/init";
  farm = name: entries: make name ("$bb mkdir $out; " + builtins.concatStringsSep "; "
    (map (entry: "$bb ln -s \${builtins.getAttr entry entries} $out/\${entry}") (builtins.attrNames entries)));
in {
  homestakeros = farm "kexec-tree" {
    "bzImage" = "\${kernel "bzImage"}/bzImage";
    "initrd.zst" = "\${ramdisk}/initrd";
    "kexec-boot" = text "kexec-boot" "kexec --load bzImage --command-line \\"\${params}\\"";
    "netboot.ipxe" = text "netboot.ipxe" (builtins.concatStringsSep "\\n" [
      "#!ipxe" "chain --autofree variables.ipxe" "kernel bzImage \\\${kernel-params} \\\${cmdline}" "initrd initrd.zst" "boot" ""
    ]);
    "variables.ipxe" = text "variables.ipxe" "#!ipxe\\nset kernel-params \${params} initrd=initrd.zst loglevel=4\\n";
  };
  join = make "netboot" ''
    $bb mkdir $out
    for each in \${kernel "Image"}/* \${ramdisk}/*; do $bb ln -s $each $out/; done
    $bb ln -s \${toplevel}/kernel-params \${toplevel}/init $out/
  '';
  half = farm "kexec-tree" { "bzImage" = "\${kernel "bzImage"}/bzImage"; "kexec-boot" = text "kexec-boot" "kexec -l bzImage --initrd=initrd.zst --append a"; };
}
`;

export function makeNix(folder: string): Nix {
  const place = (name: string) => {
    mkdirSync(join(folder, name), { recursive: true });
    return join(folder, name);
  };
  const store = place("nix/store");
  const config = place("nix/etc");
  writeFileSync(
    join(config, "nix.conf"),
    "sandbox = false\nsubstituters =\nbuild-users-group =\nexperimental-features = nix-command\n",
  );
  const expression = join(folder, "images.nix");
  writeFileSync(expression, EXPRESSION);
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: place("home"),
    NIX_STORE_DIR: store,
    NIX_STATE_DIR: place("nix/var"),
    NIX_LOG_DIR: place("nix/log"),
    NIX_CONF_DIR: config,
    NIX_REMOTE: "",
  };
  return {
    store,
    async build(attribute, version, link) {
      const args = [expression, "-A", attribute, "--argstr", "version", version, "-o", link];
      const { stdout } = await run("nix-build", args, { env });
      return stdout.trim();
    },
    async collect() {
      await run("nix-collect-garbage", [], { env });
    },
  };
}
