/** Shell functions that look for room: where to download to, and the memory to load from there. */

/** Part of the script; sets `room`, the folder. */
export const ROOM = `
# Adds a file to what is to be loaded: part KIND KIB SHA256 PATH.
part() {
  parts="$parts$1 $2 $3 $4
"
  need=$((need + $2))
  if [ "$1" = initrd ]; then
    initrds=$((initrds + 1))
    [ "$2" -le "$largest" ] || largest=$2
  fi
}

# What a folder has: sets free (KiB) and kind (of its file system).
look_at() {
  free=0
  kind=
  where=$1
  line=$(df -Pk "$where" 2>/dev/null | sed -n 2p)
  [ -n "$line" ] || return 0
  # shellcheck disable=SC2086
  set -- $line
  free=\${4:-0}
  at=\${6:-/}
  while read -r _ point type _; do [ "$point" != "$at" ] || kind=$type; done </proc/mounts
  case $kind in
    # Without a limit of their own.
    ramfs | rootfs) [ "$free" -gt 0 ] || free=$memory ;;
  esac
}

memory_of() { sed -n "s/^$1:[[:space:]]*\\([0-9]*\\) kB/\\1/p" /proc/meminfo 2>/dev/null; }

mib() { printf '%s MiB' "$((($1 + 1023) / 1024))"; }

# The file, kexec's own copy of it and the kernel's are there at the same time.
check_room() {
  room=
  [ "$need" -gt 0 ] || return 0
  memory=$(memory_of MemAvailable)
  total=$(memory_of MemTotal)
  : "\${memory:=999999999}" "\${total:=999999999}"
  # Several initrds are put together, the last one being there twice.
  [ "$initrds" -lt 2 ] || need=$((need + largest))
  seen=
  short=
  for each in "\${folder:-/dev/shm}" "\${folder:-/run}" "\${folder:-/tmp}" "\${folder:-/var/tmp}"; do
    if [ ! -d "$each" ] || [ ! -w "$each" ]; then continue; fi
    look_at "$each"
    case " $seen" in *" $each "*) continue ;; esac
    seen="$seen$each ($(mib "$free")) "
    [ "$free" -gt "$need" ] || continue
    case $kind in
      tmpfs | ramfs | rootfs) copies=3 ;;
      *) copies=2 ;;
    esac
    if [ "$memory" -ge $((copies * need + 65536)) ]; then room=$each; break; fi
    short=\${short:-$each}
  done
  if [ -n "$room" ]; then :
  elif [ -n "$short" ]; then
    room=$short
    doubt "there is little memory: $(mib "$memory") are available, and loading takes $(mib "$((copies * need))")" \\
      "stop services, or download to a disk: --dir FOLDER"
  else
    lack "there is no folder with $(mib "$need") of room for the download; free are: \${seen:-none}" \\
      "make room, or name a folder that has it: --dir FOLDER"
  fi
  [ "$total" -ge $((2 * need + 131072)) ] ||
    doubt "this machine has $(mib "$total") of memory, and what boots from $(mib "$need") needs twice that" \\
      "give it more memory, or build a smaller image"
}
`;
