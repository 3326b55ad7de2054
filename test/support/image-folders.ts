/** The folders that builders make, as names with contents: for recognition as values, for the rest as files. */

const SYSTEM = "/nix/store/abcdfghijklmnpqrsvwxyz0123456789-nixos-system-beta-24.11";
export const INIT = `init=${SYSTEM}/init`;

export type Contents = Readonly<Record<string, string>>;

const KEXEC_CHECK = `#!/usr/bin/env bash
if ! kexec -v >/dev/null 2>&1; then
  echo "kexec not found: please install kexec-tools" 2>&1
  exit 1
fi
SCRIPT_DIR=$( cd -- "$( dirname -- "\${BASH_SOURCE[0]}" )" &> /dev/null && pwd )
`;

/** HomestakerOS' and nixpkgs' kexec-boot, which differ in the initrd's name and the last line. */
export function kexecBoot(initrd: string, commandLine: string): string {
  return `${KEXEC_CHECK}kexec --load \${SCRIPT_DIR}/bzImage \\
  --initrd=\${SCRIPT_DIR}/${initrd} \\
  --command-line "${commandLine}"
systemctl kexec
`;
}

const IPXE_HEAD = `#!ipxe
# Use the cmdline variable to allow the user to specify custom kernel params
# when chainloading this script from other iPXE scripts like netboot.xyz
`;

export function nixpkgsScript(kernel: string, params: string): string {
  return `${IPXE_HEAD}kernel ${kernel} ${params} \${cmdline}\ninitrd initrd\nboot\n`;
}

export function homestakeros(params = `${INIT} initrd=initrd.zst loglevel=4`): Contents {
  return {
    bzImage: "kernel",
    "initrd.zst": "initrd",
    "kexec-boot": kexecBoot("initrd.zst", `${INIT} loglevel=4`),
    "netboot.ipxe": `${IPXE_HEAD}chain --autofree variables.ipxe
kernel bzImage \${kernel-params} \${cmdline}
initrd initrd.zst
boot
`,
    "variables.ipxe": `#!ipxe\nset kernel-params ${params}\n`,
  };
}

/** nixos-images' kexec installer, as far as it matters. */
export const INSTALLER_RUN = `#!/bin/sh
set -eux
kexec_extra_flags=""
init="${SYSTEM}/init"
kernelParams="nohibernate console=tty0"
SCRIPT_DIR=$(dirname "$(readlink -f "$0")")
for p in /etc/ssh/ssh_host_*; do
  test -e "$p" || continue
done
if ! sh -c "'$SCRIPT_DIR/kexec' --load '$SCRIPT_DIR/bzImage' \\
  $kexecSyscallFlags \\
  --initrd='$SCRIPT_DIR/initrd' --no-checks \\
  --command-line 'init=$init $kernelParams'"
then
  exit 1
fi
`;

export const SYSTEM_INIT = `${SYSTEM}/init`;
