/** A folder on another machine, as `mayfly import` is told of it, and what is run there to get it. */

import { quoteShell } from "../../wire/sh/quote.ts";

export interface RemoteFolder {
  /** Else what the configuration of ssh says. */
  readonly user: string | undefined;
  /** A name, an address, or what the configuration of ssh calls it. */
  readonly host: string;
  readonly port: number | undefined;
  /** From the root, without control characters. */
  readonly path: string;
}

/** What is written is no remote folder, though it looks like one. */
export interface WrongRemoteFolder {
  readonly why: string;
}

const ADDRESS =
  /^ssh:\/\/(?:(?<user>[^@/]*)@)?(?<host>\[[^\]/]*\]|[^:/[\]]*)(?::(?<port>[^/]*))?(?<path>\/.*)?$/i;
/** A second slash would make it the address of something else. */
const SHORT = /^(?:(?<user>[^@/:]*)@)?(?<host>\[[^\]/]*\]|[^:/@[\]]+):(?<path>\/(?!\/).*)$/;

/** Neither begins with a dash: ssh would take it for an option. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;
const HOST = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const IPV6 = /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9_.-]+)?$/;
const MAX_PORT = 65_535;

/**
 * Reads `ssh://[USER@]HOST[:PORT]/PATH`, in which `%20` is a blank, or `[USER@]HOST:/PATH`, in which nothing
 * has a meaning of its own.
 *
 * @returns `undefined` for what is neither
 * @see RFC 3986 §3.2
 */
export function parseRemoteFolder(source: string): RemoteFolder | WrongRemoteFolder | undefined {
  const isAddress = /^ssh:/i.test(source);
  const found = (isAddress ? ADDRESS : SHORT).exec(source)?.groups;
  if (found === undefined)
    return isAddress ? { why: "want ssh://[USER@]HOST[:PORT]/PATH of a folder" } : undefined;
  const { user, host: written = "", port, path: asWritten = "" } = found;
  const host = written.replaceAll(/^\[|\]$/g, "");
  if (!(written.startsWith("[") ? IPV6 : HOST).test(host))
    return { why: `'${host}' is not the name or the address of a machine` };
  if (user !== undefined && !USER.test(user))
    return { why: `the user before '@' is not a user's name; a password is not taken, ssh needs a key` };
  if (port !== undefined && !(/^[1-9]\d{0,4}$/.test(port) && Number(port) <= MAX_PORT))
    return { why: `'${port}' is no port: want 1 to ${MAX_PORT}` };
  const path = isAddress ? decoded(asWritten) : asWritten;
  if (path === undefined || path === "" || /\p{Cc}/u.test(path))
    return { why: "want the path of a folder after the machine, from the root, as in ssh://HOST/srv/image" };
  return { user, host, port: port === undefined ? undefined : Number(port), path };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/**
 * The arguments of ssh. It asks nobody anything, opens nothing beside its one command, and notices that the
 * other side is gone.
 *
 * @see ssh_config(5)
 */
export function sshArguments({ user, host, port, path }: RemoteFolder): readonly string[] {
  const settings = [
    "BatchMode=yes",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    // A master that stays in the background would hold our pipes open.
    "ControlMaster=no",
    "ConnectTimeout=30",
    "ServerAliveInterval=15",
  ];
  return [
    "-T",
    ...settings.flatMap((setting) => ["-o", setting]),
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...["--", host, remoteCommand(path)],
  ];
}

/**
 * What runs there: the target of `init`, if that is a link, an empty line, then the folder as a tar archive
 * with what its links lead to. Any login shell reads it, and the tar of GNU, BusyBox and BSD.
 */
function remoteCommand(path: string): string {
  const folder = quoteShell(path);
  const init = quoteShell(`${path}/init`);
  // Where `init` leads to says where the system is: followed, nobody would know any more. GNU's tar makes hard
  // links of links to the same file; others do not know that option, and do not read the variable.
  return `readlink ${init}; echo; env TAR_OPTIONS=--hard-dereference tar -C ${folder} --exclude=./init -chf - .`;
}
