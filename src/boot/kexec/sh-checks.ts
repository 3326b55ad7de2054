/** Shell functions that look whether this machine can load another kernel, and say what each lack needs. */

/** Part of the script; sets `get`, `digest` and `locked`. */
export const CHECKS = `
# How to install a program here: install PACKAGE.
install() {
  if has apt-get; then printf '%s\\n' "apt-get install -y $1"
  elif has dnf; then printf '%s\\n' "dnf install -y $1"
  elif has zypper; then printf '%s\\n' "zypper install -y $1"
  elif has pacman; then printf '%s\\n' "pacman -S $1"
  elif has apk; then printf '%s\\n' "apk add $1"
  elif has nix-shell; then printf '%s\\n' "nix-shell -p $1, and the same command in there"
  else printf '%s\\n' "install $1"; fi
}

check_tools() {
  get=
  if has curl; then get=curl
  elif has wget; then
    # Only GNU's knows the option.
    if wget --version >/dev/null 2>&1; then get=wget; else get=busybox; fi
  else lack "there is neither curl nor wget" "$(install curl)"; fi
  digest=
  if has sha256sum; then digest='sha256sum'
  elif has shasum; then digest='shasum -a 256'
  elif has openssl; then digest='openssl dgst -sha256 -r'
  else lack "there is no sha256sum" "$(install coreutils)"; fi
  has kexec || lack "there is no kexec" "$(install kexec-tools)"
}

check_user() {
  [ "$(id -u)" = 0 ] || lack "only root can load a kernel" "curl -fsSL '$url' | sudo sh"
}

is_container() {
  if [ -e /.dockerenv ] || [ -e /run/.containerenv ] || [ -s /run/systemd/container ]; then return 0; fi
  if [ -r /proc/1/environ ] && tr '\\0' '\\n' </proc/1/environ 2>/dev/null | grep -q '^container='; then
    return 0
  fi
  # In a user namespace root is not the machine's.
  [ -r /proc/self/uid_map ] || return 1
  read -r inside outside count </proc/self/uid_map
  [ "$inside $outside $count" != '0 0 4294967295' ]
}

# Of the capabilities in effect the sixth digit from the end has number 22, CAP_SYS_BOOT, as its 4.
may_reboot() {
  capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status 2>/dev/null)
  case \${capabilities%?????} in
    '' | *[4567cdef]) return 0 ;;
    *) return 1 ;;
  esac
}

check_kernel() {
  if [ "$(uname -s)" != Linux ]; then
    lack "this is $(uname -s), and kexec is Linux's" "start a Linux first: a rescue system will do"
    return
  fi
  if is_container; then
    lack "this is a container, which shares its machine's kernel" "run the command on the machine itself"
    return
  fi
  may_reboot || [ "$(id -u)" != 0 ] ||
    lack "this process may not load a kernel: it lacks CAP_SYS_BOOT" "run it outside of any sandbox"
  if [ ! -d /sys/kernel ]; then
    lack "/sys is not mounted, so there is no telling what this kernel can" "mount -t sysfs sysfs /sys"
  elif [ ! -e /sys/kernel/kexec_loaded ]; then
    lack "this kernel, $(uname -r), was built without kexec" "start one that has it: those of distributions do"
  fi
  check_limits
  check_lockdown
}

check_limits() {
  for each in kexec_load_disabled=1 kexec_load_limit_reboot=0; do
    file=/proc/sys/kernel/\${each%=*}
    [ -r "$file" ] || continue
    read -r value <"$file"
    [ "$value" != "\${each#*=}" ] ||
      lack "kexec is switched off here until the next restart (kernel.\${each%=*} = $value)" \\
        "take it out of sysctl.conf (NixOS: security.protectKernelImage) and restart once"
  done
}

check_lockdown() {
  [ -r /sys/kernel/security/lockdown ] || return 0
  read -r lockdown </sys/kernel/security/lockdown
  case $lockdown in
    *'[integrity]'* | *'[confidentiality]'*)
      locked=yes
      doubt "the kernel is locked down ($lockdown), as with Secure Boot: it loads only what is signed by a key it trusts" \\
        "switch Secure Boot off in the firmware, or start without lockdown=" ;;
  esac
}

check_answer() {
  [ "$yes$check$load_only" = nonono ] || return 0
  if ! (: </dev/tty) 2>/dev/null; then
    lack "there is no terminal on which to ask whether to go on" "say so at once: curl -fsSL '$url' | sudo sh -s -- -y"
  fi
}
`;
