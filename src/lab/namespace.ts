/**
 * Network namespaces without a name: each lives as long as a small process that holds it.
 *
 * The holder reads a pipe from us, so it ends when we end, however we end, and the kernel then takes
 * the namespace with all its interfaces away. Nothing is left to clean up, not even after a SIGKILL.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import {
  LabError,
  type Program,
  type ProgramOptions,
  runProgram,
  startProgram,
  watchProgram,
} from "./program.ts";

/** How this user may make network namespaces: as root, or as root of a user namespace of their own. */
export type Isolation = "root" | "user";

export interface Namespace {
  readonly name: string;
  /** The process that holds it: `ip link set … netns PID`. */
  readonly pid: number;
  /** The command line that runs `argv` inside, and ends it when we end. */
  command(argv: readonly [string, ...string[]]): [string, ...string[]];
  /** Runs a short program inside; gives what it wrote. */
  run(...argv: [string, ...string[]]): Promise<string>;
  /** Starts a program inside. */
  start(argv: readonly [string, ...string[]], options?: ProgramOptions): Promise<Program>;
  /** Ends what was started inside, and lets go of it. */
  close(): Promise<void>;
}

const READY_WITHIN_MS = 10_000;

/**
 * Finds out how namespaces can be made here.
 *
 * @throws {@link LabError} that says what is missing and what would help
 */
export async function findIsolation(): Promise<Isolation> {
  const isolation = process.getuid?.() === 0 ? "root" : "user";
  try {
    await runProgram([...unshareCommand(isolation), "true"]);
  } catch (cause) {
    throw new LabError(whyNoNamespace(isolation, cause), { cause });
  }
  try {
    await access("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw new LabError(whyNoTap(isolation), { cause });
  }
  return isolation;
}

function unshareCommand(isolation: Isolation): [string, ...string[]] {
  return isolation === "root" ? ["unshare", "--net"] : ["unshare", "--user", "--map-root-user", "--net"];
}

function whyNoNamespace(isolation: Isolation, cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const cure =
    isolation === "root"
      ? "This looks like a container without the right to make network namespaces: give it CAP_SYS_ADMIN " +
        "(docker run --privileged), or run on the machine itself."
      : "This system does not let ordinary users make them: run the command with sudo, or allow it with " +
        "'sudo sysctl kernel.unprivileged_userns_clone=1' (Debian) or " +
        "'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0' (Ubuntu).";
  return `a virtual network needs network namespaces, and they cannot be made here.\n${reason}\n${cure}`;
}

function whyNoTap(isolation: Isolation): string {
  const cure =
    isolation === "root"
      ? "Load the kernel's module with 'modprobe tun', or give the container the device (docker run --device /dev/net/tun)."
      : "Run the command with sudo, or let users open it with 'sudo chmod 0666 /dev/net/tun' (most distributions do).";
  return `a virtual machine's network card needs /dev/net/tun, which cannot be opened here.\n${cure}`;
}

/**
 * Makes a namespace of its own, whose holder removes the folder `scratch` at its end.
 *
 * An ordinary user's is in a new user namespace.
 */
export function createNamespace(name: string, isolation: Isolation, scratch: string): Promise<Namespace> {
  const hold = ["sh", "-c", 'echo ready; cat; rm -rf -- "$1"', "sh", scratch];
  return holdNamespace(name, isolation, [...unshareCommand(isolation), ...hold]);
}

/** Makes another one beside `sibling`, in the same user namespace. */
export function createSibling(name: string, isolation: Isolation, sibling: Namespace): Promise<Namespace> {
  return holdNamespace(
    name,
    isolation,
    sibling.command(["unshare", "--net", "sh", "-c", "echo ready; exec cat"]),
  );
}

async function holdNamespace(
  name: string,
  isolation: Isolation,
  [command, ...args]: readonly [string, ...string[]],
): Promise<Namespace> {
  const holder = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
  holder.on("error", () => {}); // shows as the end that waitFor reports
  const program = watchProgram(holder, `namespace ${name}`);
  await program.waitFor(/^ready$/m, READY_WITHIN_MS);
  const namespace = enterable(name, isolation, holder, program);
  await namespace.run("ip", "link", "set", "lo", "up");
  return namespace;
}

function enterable(name: string, isolation: Isolation, holder: ChildProcess, program: Program): Namespace {
  const enter: [string, ...string[]] =
    isolation === "root"
      ? ["nsenter", "--target", String(program.pid), "--net", "--"]
      : ["nsenter", "--target", String(program.pid), "--user", "--preserve-credentials", "--net", "--"];
  const command = (argv: readonly [string, ...string[]]): [string, ...string[]] => [
    ...enter,
    ...["setpriv", "--pdeathsig", "KILL", "--"],
    ...argv,
  ];
  const running = new Set<Program>();
  return {
    name,
    pid: program.pid,
    command,
    run: (...argv) => runProgram(command(argv), { name: argv[0] }),
    async start(argv, options) {
      const started = await startProgram(command(argv), { name: argv[0], ...options });
      running.add(started);
      void started.ended.then(() => running.delete(started));
      return started;
    },
    async close() {
      await Promise.all([...running].map((each) => each.stop()));
      holder.stdin?.end();
      await program.ended;
    },
  };
}
