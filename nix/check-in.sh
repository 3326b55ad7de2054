#!/bin/sh
# Tells the netboot server that what it booted is up: once, with what this node knows of itself.
#
# Usage: check-in.sh [--service UNIT]... [--mount PATH]... [--file PATH]... [--wait SECONDS] [--try SECONDS]
#
#   --service   a systemd unit that should run; it is waited for
#   --mount     a path that should be a mount point
#   --file      a file that should be there, a secret for instance
#   --wait      how long to wait for the services, in seconds; default 300
#   --try       how long to try while the server does not answer, in seconds; default 86400, a day: as long
#               as the address counts
#
# Where to report stands on the kernel's command line, as mayfly.checkin=URL. Without it this node was
# not booted by Mayfly, or is not to report, and that is fine.
#
# It needs a POSIX shell, sed, sort, od, tr, date, and curl or wget. It runs on NixOS, on systems
# without systemd, and in an initramfs with busybox.
# No name in what is read means files: that would be another's.
set -uf

newline='
'
services='' mounts='' files='' wait_seconds=300 try_seconds=86400

say() { echo "check-in: $*" >&2; }

while [ $# -gt 0 ]; do
  if [ $# -eq 1 ]; then
    say "$1 needs a value"
    exit 2
  fi
  case $1 in
    --service) services=$services$2$newline ;;
    --mount) mounts=$mounts$2$newline ;;
    --file) files=$files$2$newline ;;
    --wait) wait_seconds=$2 ;;
    --try) try_seconds=$2 ;;
    *)
      say "unknown option $1"
      exit 2
      ;;
  esac
  shift 2
done

# The last one counts, as with every kernel parameter.
find_url() {
  url=''
  for word in $(cat /proc/cmdline); do
    case $word in
      mayfly.checkin=http*) url=${word#mayfly.checkin=} ;;
    esac
  done
}

# Calls a function with each line of a list.
each() {
  printf '%s' "$2" | while IFS= read -r line; do "$1" "$line"; done
}

is_active() { systemctl is-active --quiet "$1" 2>/dev/null; }
print_inactive() { is_active "$1" || echo "$1"; }

# Those that should run and do not, after they had their time.
inactive_services() {
  [ -n "$services" ] || return 0
  waited=0
  left=$(each print_inactive "$services")
  while [ -n "$left" ] && [ "$waited" -lt "$wait_seconds" ]; do
    sleep 2
    waited=$((waited + 2))
    left=$(each print_inactive "$services")
  done
  [ -z "$left" ] || echo "$left"
}

failed_units() {
  command -v systemctl >/dev/null 2>&1 || return 0
  systemctl list-units --failed --plain --no-legend --no-pager 2>/dev/null |
    sed 's/^[[:blank:]]*//; s/[[:blank:]].*//'
}

# In /proc/mounts a blank in a path is \040.
print_unmounted() {
  escaped=$(printf '%s' "$1" | sed 's/\\/\\134/g; s/ /\\040/g')
  while read -r _ where _; do
    [ "$where" != "$escaped" ] || return 0
  done </proc/mounts
  echo "$1"
}

print_missing() { [ -e "$1" ] || echo "$1"; }

# Every byte, so that nothing in a name can mean anything.
escape() { printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }

# A field with several lines is a list of them.
field() { [ -z "$2" ] || printf '&%s=%s' "$1" "$(escape "$2")"; }

# What has to be waited for, and what stays as it is.
findings() {
  field system "$(readlink /run/current-system)"
  field kernel "$(uname -r)"
  # The server keeps 64 of each.
  field failedUnits "$({ inactive_services; failed_units; } | sort -u | sed 64q)"
  field missingMounts "$(each print_unmounted "$mounts" | sed 64q)"
  field missingFiles "$(each print_missing "$files" | sed 64q)"
}

# The server holds the clock against its own when the report arrives: services that are waited for and a
# server that is away for a while must not make it look wrong.
read_clocks() {
  printf 'uptime=%s' "$(sed 's/ .*//' /proc/uptime)"
  field clock "$(date +%s)"
}

# Sets 'status' to that of the answer; 000 where there was none.
post() {
  body=$(read_clocks)$found
  if command -v curl >/dev/null 2>&1; then
    status=$(curl -s -o /dev/null -m 20 -w '%{http_code}' --data "$body" "$url") || status=${status:-000}
    return
  fi
  # Some busybox is built without a limit of time.
  case $(wget --help 2>&1) in
    *-T*) limit='-T 20' ;;
    *) limit='' ;;
  esac
  # shellcheck disable=SC2086 # it is two words, or none
  if answer=$(wget -O /dev/null $limit --post-data "$body" "$url" 2>&1); then
    status=204
    return
  fi
  # busybox and GNU differ in their words, not in the number.
  status=$(printf '%s\n' "$answer" |
    sed -n -e 's/.*HTTP\/1\.[01] \([45][0-9][0-9]\).*/\1/p' -e 's/.*ERROR \([45][0-9][0-9]\).*/\1/p' | sed q)
  status=${status:-000}
}

find_url
if [ -z "$url" ]; then
  say "the kernel's command line has no mayfly.checkin=, so there is nobody to tell"
  exit 0
fi
found=$(findings)

# By the time since the kernel started, which nobody sets. Whatever the server was away for, it waits for
# this report once it is back.
read_uptime() {
  read -r uptime _ </proc/uptime
  uptime=${uptime%%.*}
}

pause=2
read_uptime
until=$((uptime + try_seconds))
while :; do
  post
  case $status in
    # 409: an earlier answer was lost on its way.
    2?? | 409)
      say "the server knows that this node is up"
      exit 0
      ;;
    4??)
      say "the server refuses the report with status $status; its log says why"
      exit 1
      ;;
  esac
  read_uptime
  if [ $((uptime + pause)) -gt "$until" ]; then
    say "gave up: the server did not answer (status $status)"
    exit 1
  fi
  say "no answer from the server (status $status); again in $pause seconds"
  sleep "$pause"
  pause=$((pause * 2))
  [ "$pause" -le 60 ] || pause=60
done
