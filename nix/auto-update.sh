#!/bin/sh
# Brings this node into the generation that it should run, by kexec, when the netboot server says that it
# may: asks again and again, and goes when it is told to.
#
# Usage: auto-update.sh [--every SECONDS]
#
#   --every     the longest time between two questions, in seconds; default 300
#
# Which server to ask, and what this node runs, stands on the kernel's command line, as mayfly.checkin=URL.
# It needs a POSIX shell, kexec-tools, and curl or wget. MAYFLY_PROC stands for /proc, for whoever wants to
# try it.
set -uf

proc=${MAYFLY_PROC:-/proc}
every=300
failed_seconds=600
said='' work=''

say() {
  # What is as it was is not said again.
  [ "$*" != "$said" ] || return 0
  said=$*
  echo "auto-update: $*" >&2
}

while [ $# -gt 0 ]; do
  case $1 in
    --every) every=${2:?--every needs a value} && shift 2 ;;
    *) say "unknown option $1" && exit 2 ;;
  esac
done

# The last one counts, as with every kernel parameter.
find_server() {
  url=''
  for word in $(cat "$proc/cmdline"); do
    case $word in
      mayfly.checkin=http*/checkin/*) url=${word#mayfly.checkin=} ;;
    esac
  done
  base=${url%/checkin/*}
  token=${url##*/}
}

# fetch URL: writes what is there to standard output.
fetch() {
  if command -v curl >/dev/null 2>&1; then curl -fsS -m 60 "$1"; else wget -q -O - "$1"; fi
}

number() {
  case $1 in
    '' | *[!0-9]*) echo "$2" ;;
    *) echo "$1" ;;
  esac
}

# What differs from node to node keeps them from asking together.
pause() {
  seconds=$(number "$1" 60)
  [ "$seconds" -le "$every" ] || seconds=$every
  sleep "$((seconds + $$ % (seconds / 10 + 1)))"
}

# go HOST MAC
go() {
  work=$(mktemp -d /run/mayfly-update.XXXXXX) || work=$(mktemp -d) || return 1
  fetch "$base/kexec/$1" >"$work/kexec" && sh "$work/kexec" -y --mac "$2" </dev/null
  status=$?
  rm -rf "$work"
  return "$status"
}

find_server
if [ -z "$url" ]; then
  say "the kernel's command line has no mayfly.checkin=, so there is no server to ask"
  exit 0
fi
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 143' INT TERM HUP

while :; do
  answer=$(fetch "$base/kexec/-/next?boot=$token&arch=$(uname -m)" 2>/dev/null) || answer="wait 60 the server does not answer"
  verdict=${answer%% *}
  rest=${answer#* }
  case $verdict in
    go)
      say "this node goes: ${rest% *}"
      if go "${rest% *}" "${rest##* }"; then
        # systemd stops the services first, and this one among them.
        sleep "$failed_seconds"
        say "the node did not restart"
      else
        say "the node could not restart; the lines above say why"
        sleep "$failed_seconds"
      fi
      ;;
    stay | wait)
      say "$verdict: ${rest#* }"
      pause "${rest%% *}"
      ;;
    *)
      say "what answers at $base is not Mayfly"
      pause 60
      ;;
  esac
done
