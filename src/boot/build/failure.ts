/** Why nix built nothing, in a sentence, and what to do about it. Pure. */

import type { HostName } from "../host.ts";

/** How nix ended. */
export interface NixEnd {
  readonly host: HostName;
  readonly installable: string;
  /** The program that was called. */
  readonly nix: string;
  /** Its exit status; absent where a signal ended it, or it never began. */
  readonly code?: number;
  /** What nix called an error, and nobody else; the first one is the one that the others follow from. */
  readonly errors: readonly string[];
}

export interface Failure {
  readonly trouble: string;
  readonly cure: string;
}

/** Of the shell, for a command that it cannot find, and one that it may not run. */
const NOT_FOUND = 127;
const NOT_ALLOWED = 126;
const SHOWN_CHARS = 300;

type Cure = string | ((end: NixEnd) => string);

/** What nix is known to say, and what helps. The first row that fits counts. */
const KNOWN: readonly (readonly [RegExp, Cure])[] = [
  [
    /does not provide attribute/,
    ({ host, installable }) =>
      `name the attribute, as in 'flake: ${installable.split("#")[0]}#nixosConfigurations.${host}.config.system.build.kexecTree'`,
  ],
  [/No space left on device/i, "make room on the server: 'nix-collect-garbage' removes what nothing holds"],
  [
    /cannot connect to (?:socket|daemon)|daemon-socket/i,
    "start nix's daemon, or let the user that Mayfly runs as reach it",
  ],
  [
    /HTTP error 40[134]|Bad credentials|Permission denied \(publickey|Authentication failed|Repository not found/i,
    "look at the flake's address; a private repository needs 'access-tokens' in nix.conf, or a key for ssh",
  ],
  [
    /Couldn't resolve host|Could not resolve host|unable to download|Could not connect|Connection (?:refused|timed out)|Network is unreachable/i,
    ({ host }) => `look at the server's way to the internet, then 'mayfly build ${host}'`,
  ],
  [
    / cannot be written: /,
    "let the user that Mayfly runs as write there (ReadWritePaths= in a systemd unit), or name another place with 'image:'",
  ],
  [
    /already exists/,
    "move away what lies at the place of the image: nix makes a link there, and replaces nothing but links",
  ],
  [
    /getting status of|does not exist|is not a flake|does not contain a 'flake\.nix'|could not find a flake\.nix/i,
    ({ host }) => `look at 'flake:' of ${host} in the configuration`,
  ],
  [
    /executing 'git'|git(?:'|: )(?:not found|No such file)/i,
    "install git on the server, which nix fetches this flake by",
  ],
  [
    /required system or feature|a '[\w-]+' with features|platform mismatch/i,
    "give nix a builder of that system ('builders' in nix.conf), or emulate it (boot.binfmt.emulatedSystems)",
  ],
];

/** Puts the end of nix into words. */
export function explainFailure(end: NixEnd): Failure {
  const { host, nix, code, errors } = end;
  if (code === NOT_FOUND || code === NOT_ALLOWED) {
    const why = code === NOT_FOUND ? "is not there" : "may not be run";
    return {
      trouble: `${nix} ${why}`,
      cure: "install nix on the server, or say where it is with 'build: { nix: /path/to/nix }'",
    };
  }
  const said = errors.map(oneLine).find((text) => text !== "");
  const how = code === undefined ? "was ended by a signal" : `ended with ${code}`;
  const trouble = said ?? `nix ${how} and said nothing`;
  const known = KNOWN.find(([pattern]) => errors.some((text) => pattern.test(text)))?.[1];
  const cure =
    known ??
    `'mayfly builds ${host}' shows the end of nix's log; mend the flake, then 'mayfly build ${host}'`;
  return { trouble, cure: typeof cure === "string" ? cure : cure(end) };
}

/** What nix says first, without its own mark; traces and logs follow on further lines. */
function oneLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  // Newer versions put "error:" on a line of its own, or "… while" above what happened.
  const told = lines
    .map((line) => line.replace(/^error:\s*/, ""))
    .filter((line) => line !== "" && !line.startsWith("…"));
  const first = told[0] ?? "";
  return first.length > SHOWN_CHARS ? `${first.slice(0, SHOWN_CHARS - 1)}…` : first;
}
