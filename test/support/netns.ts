/**
 * Network namespaces for tests: made with names that nobody else has, and always removed.
 *
 * Test traffic stays inside them. Needs root and iproute2.
 */

import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

export interface Namespace {
  readonly name: string;
  /** Starts a program inside; it is ended with the network. */
  start(command: string, args: readonly string[]): Program;
  /** Runs a program inside to its end. @throws if it fails */
  run(command: string, ...args: readonly string[]): string;
}

export interface Program {
  /** Lines of its output and error output, from the start on. */
  readonly lines: readonly string[];
  /**
   * Waits for a line, past ones included, or for the n-th such line.
   *
   * @throws after a bound, 10 seconds unless it is told, or when the program ended without it
   */
  waitFor(pattern: RegExp, options?: { readonly nth?: number; readonly timeoutMs?: number }): Promise<string>;
  /** Its exit code, once it ended. */
  readonly exit: Promise<number | null>;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

export interface Network {
  namespace(label: string): Namespace;
  /** Joins two namespaces by a cable, with an interface and address (as `10.1.0.2/24`) at each end. */
  cable(a: CableEnd, b: CableEnd): void;
  /** Joins namespaces in one segment: a switch, with an interface `eth0` for each. */
  segment(ends: readonly Omit<CableEnd, "device">[]): void;
  /** Ends every program and removes every namespace. */
  remove(): Promise<void>;
}

export interface CableEnd {
  readonly at: Namespace;
  readonly device: string;
  /** Absent: the interface is up, but has no address. */
  readonly address?: string;
  readonly mac?: string;
}

const DEFAULT_TIMEOUT_MS = 10_000;

export function createNetwork(): Network {
  const id = `mf${randomBytes(3).toString("hex")}`;
  const namespaces: string[] = [];
  const programs: Program[] = [];
  let cables = 0;

  const removeNow = () => {
    for (const name of namespaces.splice(0)) ip("netns", "del", name);
  };
  // Even when the test run is broken off.
  process.once("exit", removeNow);

  const namespace = (label: string): Namespace => {
    const name = `${id}-${label}`;
    ip("netns", "add", name);
    namespaces.push(name);
    ip("-n", name, "link", "set", "lo", "up");
    const exec = (command: string, args: readonly string[]) => ["netns", "exec", name, command, ...args];
    return {
      name,
      start(command, args) {
        const program = startProgram("ip", exec(command, args));
        programs.push(program);
        return program;
      },
      run: (command, ...args) => ip(...exec(command, args)),
    };
  };

  const plug = (end: CableEnd, link: string) => {
    const inside = (...args: string[]) => ip("-n", end.at.name, ...args);
    ip("link", "set", link, "netns", end.at.name, "name", end.device);
    if (end.mac !== undefined) inside("link", "set", end.device, "address", end.mac);
    if (end.address !== undefined) inside("address", "add", end.address, "dev", end.device);
    inside("link", "set", end.device, "up");
  };

  const cable = (a: CableEnd, b: CableEnd) => {
    const [left, right] = [`${id}${cables}a`, `${id}${cables}b`];
    cables += 1;
    ip("link", "add", left, "type", "veth", "peer", "name", right);
    plug(a, left);
    plug(b, right);
  };

  return {
    namespace,
    cable,
    segment(ends) {
      const hub = namespace(`hub${namespaces.length}`);
      // No forward delay: the first packet of a machine must pass.
      hub.run("ip", "link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0");
      hub.run("ip", "link", "set", "br0", "up");
      ends.forEach((end, i) => {
        const device = `port${i}`;
        cable({ at: hub, device }, { ...end, device: "eth0" });
        hub.run("ip", "link", "set", device, "master", "br0");
      });
    },
    async remove() {
      await Promise.all(programs.map((program) => program.stop()));
      removeNow();
      process.off("exit", removeNow);
    },
  };
}

function ip(...args: readonly string[]): string {
  return execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function startProgram(command: string, args: readonly string[]): Program {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  const notify = () => {
    for (const watcher of watchers) watcher();
  };
  let ended = false;
  const exit = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      ended = true;
      notify();
      resolve(code);
    });
    child.once("error", (error) => lines.push(String(error)));
  });
  readLines(child, (line) => {
    lines.push(line);
    notify();
  });

  return {
    lines,
    exit,
    waitFor: (pattern, { nth = 1, timeoutMs = DEFAULT_TIMEOUT_MS } = {}) =>
      new Promise((resolve, reject) => {
        const settle = (action: () => void) => {
          clearTimeout(timer);
          watchers.delete(look);
          action();
        };
        const fail = (why: string) =>
          settle(() =>
            reject(new Error(`${command} ${args.join(" ")}: ${why} ${pattern}:\n${lines.join("\n")}`)),
          );
        const look = () => {
          const line = lines.filter((each) => pattern.test(each))[nth - 1];
          if (line !== undefined) settle(() => resolve(line));
          else if (ended) fail("ended without");
        };
        const timer = setTimeout(() => fail(`printed within ${timeoutMs} ms nothing like`), timeoutMs);
        watchers.add(look);
        look();
      }),
    async stop() {
      if (ended) return;
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), 3_000);
      await exit;
      clearTimeout(force);
    },
  };
}

function readLines(
  child: ChildProcessByStdio<null, Readable, Readable>,
  onLine: (line: string) => void,
): void {
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);
}
