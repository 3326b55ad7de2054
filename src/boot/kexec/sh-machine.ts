/** Shell functions that say, ask the server, and find out which machine they are on. */

/** Part of the script; sets `mac`, `get` and `work`. */
export const MACHINE = `
set -u
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin"

say() { printf 'Mayfly: %s\\n' "$*"; }
fail() { printf 'Mayfly: %s\\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# What is missing is told all at once: lack WHAT CURE.
lack() {
  lacking=$((lacking + 1))
  lacks="$lacks
  $lacking. $1
     -> $2"
}

# As lack, but the operator may know better.
doubt() {
  if [ "$force" = yes ]; then say "$1; going on all the same (--force)"
  else lack "$1" "$2; or go on all the same: --force"; fi
}

# fetch_once URL FILE
fetch_once() {
  case $get$shown in
    curl) curl -fsS --connect-timeout 15 --speed-limit 1 --speed-time 60 -o "$2" "$1" </dev/null ;;
    curlshown) curl -f --progress-bar --connect-timeout 15 --speed-limit 1 --speed-time 60 -o "$2" "$1" </dev/null ;;
    wget) wget -q -T 60 -O "$2" "$1" </dev/null ;;
    wgetshown) wget -q --show-progress -T 60 -O "$2" "$1" </dev/null ;;
    # The one of busybox dies of -T in some builds.
    busybox) wget -q -O "$2" "$1" </dev/null ;;
    busyboxshown) wget -O "$2" "$1" </dev/null ;;
  esac
}

# fetch PATH FILE [shown]
fetch() {
  shown=
  if [ -t 2 ]; then shown=\${3:-}; fi
  for pause in 1 3 0; do
    if fetch_once "$base$1" "$2"; then return 0; fi
    sleep "$pause"
  done
  return 1
}

# Reads what the server says of this machine: read_plan PATH. False if there is no whole answer.
read_plan() {
  fetch "$1" "$work/plan" || return 1
  [ "$(sed -n 1p "$work/plan")" = "$plan_mark" ] || return 1
  [ "$(sed -n '$p' "$work/plan")" = "$plan_end" ] || return 1
  . "$work/plan"
}

# The address of the server, where it can be told; its name may be one.
server_address() {
  at=\${base#http://}
  case $at in
    '['*) at=\${at#?}; printf '%s\\n' "\${at%%]*}"; return ;;
  esac
  at=\${at%%:*}
  case $at in
    *[!0-9.]*) if has getent; then getent hosts "$at" | sed -n '1s/[[:space:]].*//p'; fi ;;
    *) printf '%s\\n' "$at" ;;
  esac
}

# The network device that leads to the server.
route_device() {
  address=$(server_address)
  if has ip && [ -n "$address" ]; then
    ip route get "$address" 2>/dev/null | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | sed -n 1p
  fi
}

default_device() {
  while read -r device destination _; do
    if [ "$destination" = 00000000 ]; then printf '%s\\n' "$device"; return; fi
  done </proc/net/route
}

# A bridge, a VLAN or a bond has the card below it; a bridge has virtual machines there too.
card_below() {
  card=$1
  for _ in 1 2 3 4; do
    [ ! -e "/sys/class/net/$card/device" ] || break
    lower=
    for each in "/sys/class/net/$card"/lower_*; do
      each=\${each##*/lower_}
      if [ -e "/sys/class/net/$each/device" ]; then lower=$each; break; fi
      for below in "/sys/class/net/$each"/lower_*; do [ ! -e "$below" ] || lower=$each; done
    done
    [ -n "$lower" ] || break
    card=$lower
  done
  printf '%s\\n' "$card"
}

# What is burnt into the card: a bond gives all of its cards one address.
card_address() {
  for each in "/sys/class/net/$1/bonding_slave/perm_hwaddr" "/sys/class/net/$1/address"; do
    if [ -r "$each" ]; then cat "$each"; return; fi
  done
}

find_mac() {
  [ -z "$mac" ] || return 0
  for device in "$(route_device)" "$(default_device 2>/dev/null)"; do
    [ -n "$device" ] || continue
    mac=$(card_address "$(card_below "$device")")
    case $mac in
      00:00:00:00:00:00) mac= ;;
      ??:??:??:??:??:??) return 0 ;;
      *) mac= ;;
    esac
  done
  lack "there is no telling by which network card this machine reaches $base" \\
    "give its MAC address: --mac 52:54:00:12:34:56"
}
`;
