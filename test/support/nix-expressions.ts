/** What tests have nix build: images in the shapes of their builders. */

/**
 * Derivations whose outputs are laid out as the builders' are: link farms and joins of other store
 * paths. Their builder is busybox, and they are built within a tenth of a second.
 */
export const BUILDER_SHAPES = `
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

/**
 * A HomestakerOS tree out of the `files` of a `folder`: each of its entries is a link to another store path.
 */
export const KEXEC_TREE = `{ folder, files }:
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
 * A HomestakerOS tree whose system refers to packages: `packages` is a list of the names of store paths,
 * each with the number of kilobytes that it has, as JSON. Its units are as NixOS lays them out.
 */
export const SYSTEM_OF_PACKAGES = `
{ packages, version, params ? "" }:
let
  make = name: script: derivation {
    inherit name;
    system = builtins.currentSystem;
    builder = "/bin/busybox";
    args = [ "sh" "-euc" ("bb=/bin/busybox; " + script) ];
  };
  text = name: content: make name "printf '%s' '\${content}' > $out";
  package = each: make each.name "$bb mkdir $out; $bb dd if=/dev/zero of=$out/data bs=1024 count=\${toString each.kib}";
  references = builtins.concatStringsSep " " (map (each: "\${package each}") (builtins.fromJSON packages));
  unit = text "unit-demo.service" "[Service]\nExecStart=/bin/demo --flag \${version}\n";
  etc = make "etc" ''
    $bb mkdir -p $out/etc/systemd
    printf 'ID=nixos\nVERSION_ID="25.05"\nBUILD_ID="\${version}"\n' > $out/etc/os-release
    $bb ln -s \${make "system-units" "$bb mkdir -p $out/multi-user.target.wants; $bb ln -s \${unit} $out/demo.service; $bb ln -s ../demo.service $out/multi-user.target.wants/demo.service"} $out/etc/systemd/system
  '';
  toplevel = make "nixos-system-beta-\${version}" ''
    $bb mkdir $out
    echo \${references} > $out/init
    printf 'label-\${version}' > $out/nixos-version
    $bb ln -s \${etc}/etc $out/etc
  '';
in make "kexec-tree" ''
  $bb mkdir $out
  echo kernel > $out/bzImage
  echo initrd > $out/initrd.zst
  printf '#!ipxe\nkernel bzImage init=\${toplevel}/init initrd=initrd.zst \${params}\ninitrd initrd.zst\nboot\n' > $out/netboot.ipxe
''
`;
