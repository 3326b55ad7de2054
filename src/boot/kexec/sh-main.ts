/** The order of the script: look, ask, fetch, verify, load, start. */

/** The last part of the script; its last line is what runs it. */
export const MAIN = `
usage() {
  cat <<END
Brings this Linux into the generation of $name, by kexec:

  curl -fsSL '$url' | sudo sh -s -- [OPTIONS]

  -y, --yes       does not ask
  --check         only says what is missing
  --load-only     loads the kernel; 'systemctl kexec' or 'kexec -e' starts it
  --force         goes on where only doubt speaks against it
  --mac ADDRESS   of the network card that this machine is known by
  --dir FOLDER    where to download to
END
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      -y | --yes) yes=yes ;;
      --check) check=yes ;;
      --load-only) load_only=yes ;;
      --force) force=yes ;;
      --mac | --dir)
        [ $# -gt 1 ] || fail "$1 wants a value"
        if [ "$1" = --mac ]; then mac=$2; else folder=$2; fi
        shift ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; fail "there is no option '$1'" ;;
    esac
    shift
  done
}

make_work() {
  for each in "$@"; do
    if [ -d "$each" ] && work=$(mktemp -d "$each/mayfly.XXXXXX" 2>/dev/null); then return 0; fi
  done
  return 1
}

clean() { [ -z "$work" ] || rm -rf "$work"; work=; }

ask_plan() {
  [ -n "$get" ] && [ -n "$mac" ] || return 0
  make_work /run /dev/shm /tmp /var/tmp || {
    lack "there is no folder to write to (/run, /dev/shm, /tmp)" "mount -t tmpfs tmpfs /run"
    return 0
  }
  [ "$force" = no ] || forced='&force=1'
  asked=0
  while :; do
    again=
    if ! read_plan "$place/plan?mac=$mac&arch=$(uname -m)$forced$query"; then
      lack "the server at $base does not say what to load" "look whether it runs, and what lies between"
      break
    fi
    [ -n "$again" ] || break
    asked=$((asked + 1))
    if [ "$asked" -gt 60 ]; then
      lack "the server does not come to an end with the digests of the files" "look at its log"
      break
    fi
    [ "$asked" -gt 1 ] || say "the server reads the files for their digests; waiting"
    sleep "$again"
  done
  clean
}

confirm() {
  [ "$yes$load_only" = nono ] || return 0
  printf 'Mayfly: all that runs here stops, and %s starts. Go on? [y/N] ' "$title" >/dev/tty
  read -r answer </dev/tty || answer=
  case $answer in
    y | Y | yes | Yes | YES) ;;
    *) fail "nothing was changed" ;;
  esac
}

download() {
  : >"$work/initrd"
  number=0
  printf '%s' "$parts" >"$work/parts"
  while read -r kind _ wanted path; do
    number=$((number + 1))
    say "fetching \${path##*/}"
    fetch "$path$file_query" "$work/part" shown || fail "$base$path did not arrive; nothing was changed"
    # shellcheck disable=SC2086
    found=$($digest <"$work/part")
    found=\${found%% *}
    [ "$found" = "$wanted" ] ||
      fail "$base$path is damaged: its SHA-256 is $found, and should be $wanted; nothing was changed"
    if [ "$kind" = kernel ]; then mv "$work/part" "$work/kernel"
    elif [ "$number" -le 2 ]; then mv "$work/part" "$work/initrd"
    else cat "$work/part" >>"$work/initrd" || fail "$work is full; nothing was changed"; fi
  done <"$work/parts"
}

load() {
  set -- -l "$work/kernel" "--command-line=$command_line"
  [ ! -s "$work/initrd" ] || set -- "$@" "--initrd=$work/initrd"
  # There are two system calls, of which a kernel may have one alone; '-s' has the kernel look at signatures.
  if [ "$locked" = no ] && kexec "$@" >"$work/said" 2>&1 </dev/null; then return 0; fi
  kexec -s "$@" >>"$work/said" 2>&1 </dev/null && return 0
  sed 's/^/  /' "$work/said" >&2
  fail "the kernel was not loaded, for the reason above; nothing was changed"
}

start() {
  say "starting $title; this connection ends now"
  clean
  sync
  # A message on its way should arrive before the network goes.
  sleep 1
  if [ -d /run/systemd/system ] && has systemctl && systemctl kexec </dev/null; then return 0; fi
  kexec -e </dev/null
  fail "the kernel is loaded, but could not be started; 'kexec -e' says why"
}

main() {
  umask 077
  yes=no check=no load_only=no force=no mac= folder=
  lacks= lacking=0 forced= locked=no work= parts= need=0 initrds=0 largest=0 title=$name generation= room= command_line= file_query=
  read_options "$@"
  trap clean EXIT
  trap 'exit 130' INT TERM HUP
  check_user
  check_tools
  check_kernel
  find_mac
  ask_plan
  check_room
  check_answer
  if [ "$lacking" -gt 0 ]; then
    printf 'Mayfly: this machine cannot become %s by kexec:%s\\n' "$name" "$lacks" >&2
    exit 1
  fi
  say "this machine ($mac) gets $title"
  if [ "$check" = yes ]; then say "nothing is missing"; exit 0; fi
  confirm
  make_work "$room" || fail "$room cannot be written to"
  read_plan "$place/start?mac=$mac&arch=$(uname -m)&planned=$generation$query" ||
    fail "the server at $base does not begin the boot; nothing was changed"
  [ "$lacking" = 0 ] || fail "the boot does not begin; nothing was changed:$lacks"
  download
  load
  if [ "$load_only" = yes ]; then say "loaded; 'systemctl kexec' or 'kexec -e' starts it"; exit 0; fi
  start
}

main "$@"
`;
