/** Finds out why a port could not be opened: who has it, and what this process lacks. */

import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { basename } from "node:path";
import {
  adviseOnPort,
  type PortAdvice,
  type PortHolder,
  type PortProblem,
  type WantedPort,
} from "../../boot/server/port-advice.ts";

/** Says what to do about `error`, thrown by `bind` or caused by it. */
export async function explainPort(wanted: WantedPort, error: unknown): Promise<PortAdvice> {
  return adviseOnPort(await describePort(wanted, error));
}

/** Gathers what is known about `error`, thrown by `bind` or caused by it. */
export async function describePort(wanted: WantedPort, error: unknown): Promise<PortProblem> {
  const code = systemCode(error) ?? String(error);
  return {
    wanted,
    code,
    holders: code === "EADDRINUSE" ? othersFirst(await portHolders(wanted)) : [],
    nodePath: await realpath(process.execPath),
    // systemd sets it for each run of a service, and a shell in a user's session inherits it.
    isService: process.env.INVOCATION_ID !== undefined && process.ppid === 1,
    isRoot: process.getuid?.() === 0,
  };
}

/** Our own sockets on other interfaces are in nobody's way, if somebody else is. */
function othersFirst(holders: readonly PortHolder[]): readonly PortHolder[] {
  const others = holders.filter(({ pid }) => pid !== process.pid);
  return others.length > 0 ? others : holders;
}

/** What the system said, however often the error was wrapped on its way. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return "code" in error ? String(error.code) : systemCode(error.cause);
}

/** Processes that have the port open, as far as this one may see them. */
export async function portHolders({ protocol, port }: WantedPort): Promise<PortHolder[]> {
  const inodes = new Set<string>();
  for (const table of [protocol, `${protocol}6`]) {
    const text = await readFile(`/proc/net/${table}`, "utf8").catch(() => "");
    for (const inode of socketInodes(text, port, protocol === "tcp")) inodes.add(inode);
  }
  if (inodes.size === 0) return [];
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => ((await hasSocket(pid, inodes)) ? holder(pid) : undefined)),
  );
  return found.filter((each) => each !== undefined);
}

/**
 * Reads `/proc/net/udp` and its like: the inodes of sockets bound to `port`.
 *
 * @param listening - count only sockets in the state LISTEN
 */
export function socketInodes(table: string, port: number, listening: boolean): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const isIt = local?.endsWith(`:${wanted}`) === true && (!listening || state === "0A");
      return isIt && inode !== undefined && inode !== "0" ? [inode] : [];
    });
}

async function hasSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  // Another user's descriptors may not be read, and a process may end meanwhile.
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const each of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${each}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}

async function holder(pid: string): Promise<PortHolder> {
  const comm = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const cgroup = await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
  const unit = /\/([^/\n]+\.service)$/m.exec(cgroup)?.[1];
  // Whatever runs in a user's session is in that user's own service, which nobody wants to stop.
  const isOwn = unit !== undefined && !unit.startsWith("user@");
  return { pid: Number(pid), name: processName(comm, commandLine), ...(isOwn ? { unit } : {}) };
}

const INTERPRETER = /^(node|nodejs|bun|deno|python[\d.]*|perl|ruby|java|sh|bash)$/;

/**
 * What people call a process: the name of its program, and for an interpreter that of its script too.
 *
 * @param comm - the text of `/proc/PID/comm`: the name of its main thread, which Node calls `MainThread`
 * @param commandLine - the text of `/proc/PID/cmdline`: arguments that end with NUL
 */
export function processName(comm: string, commandLine: string): string {
  const [program = "", ...args] = commandLine.split("\0");
  const name = basename(program.split(/:? /)[0] ?? "");
  if (name === "") return comm.trim() || "a process";
  const script = args.find((each) => each !== "" && !each.startsWith("-"));
  return INTERPRETER.test(name) && script !== undefined ? `${name} ${basename(script)}` : name;
}
