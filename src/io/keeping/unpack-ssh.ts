/** Gets a folder from another machine: the system's ssh runs tar there, and what comes is unpacked as any archive. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { isInitLink } from "../../boot/image/archive-name.ts";
import { type RemoteFolder, sshArguments } from "../../boot/image/remote-folder.ts";
import { unpackTar } from "./unpack-tar.ts";
import { refuse, startUnpacking, type Unpacking } from "./unpacking.ts";

export interface SshOptions {
  /** As people know it. */
  readonly source: string;
  /** How much room there is. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number, totalBytes: undefined) => void;
}

/** ssh's own status, where it is not that of the command. */
const SSH_FAILED = 255;
const MAX_SAID = 8192;
const SHOWN_LINES = 5;
/** No link leads further. */
const MAX_PREFACE_BYTES = 4096;

/**
 * Unpacks into `folder`, which is the caller's to remove whatever comes of it.
 *
 * @throws {@link import("./archive-error.ts").ImportError} if ssh is not there or refuses, if tar fails there,
 * and for what is damaged or hostile
 */
export async function unpackSsh(remote: RemoteFolder, folder: string, options: SshOptions): Promise<void> {
  const { source, maxBytes, signal, onProgress } = options;
  signal.throwIfAborted();
  const into = startUnpacking(source, folder, maxBytes);
  const ssh = spawn("ssh", sshArguments(remote), { stdio: ["ignore", "pipe", "pipe"], signal });
  const failure = failureOf(ssh, remote);
  let isOver = false;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of ssh.stdout as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        onProgress(bytes, undefined);
        yield chunk;
      }
    } finally {
      isOver = true;
    }
  }
  try {
    await unpackTar(source, await afterPreface(source, chunks(), into), into);
  } catch (error) {
    // That it breaks off where ssh or tar gave up is theirs to explain; one that goes on is ended.
    const why = isOver ? await failure : undefined;
    ssh.kill();
    ssh.stdout.destroy();
    ssh.stderr.destroy();
    signal.throwIfAborted();
    if (why === undefined) throw error;
    refuse(source, why);
  }
  const why = await failure;
  signal.throwIfAborted();
  if (why !== undefined) refuse(source, why);
  await into.finish();
}

/** @returns why it failed, once it is over */
function failureOf(
  ssh: ChildProcessByStdio<null, Readable, Readable>,
  { host }: RemoteFolder,
): Promise<string | undefined> {
  let said = "";
  ssh.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-MAX_SAID);
  });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  ssh.once("error", ({ message }) => resolve(`ssh cannot be run (${message}): install OpenSSH's client`));
  ssh.once("close", (code, signal) => {
    if (code === 0) return resolve(undefined);
    const lines = lastLines(said);
    if (code !== SSH_FAILED) return resolve(`tar on ${host} ended with ${signal ?? code}: ${lines}`);
    const cure = `'ssh ${host}' has to work without a question for the user who runs this`;
    resolve(`ssh did not get through: ${lines}; ${cure}`);
  });
  return promise;
}

function lastLines(said: string): string {
  const lines = said.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  const shown = lines.slice(-SHOWN_LINES).map((line) => line.trim().replaceAll(/\p{Cc}/gu, "?"));
  return shown.length === 0 ? "it did not say why" : shown.join(" | ");
}

/** Takes what comes before the archive, up to an empty line: where `init` leads to, if it is there. */
async function afterPreface(
  source: string,
  chunks: AsyncGenerator<Uint8Array>,
  into: Unpacking,
): Promise<AsyncIterable<Uint8Array>> {
  let head = Buffer.alloc(0);
  let end = -1;
  while (end < 0) {
    const next = await chunks.next();
    if (next.done === true) refuse(source, "nothing came");
    head = Buffer.concat([head, next.value]);
    end = head[0] === 0x0a ? 0 : head.indexOf("\n\n") + 1 || -1;
    if (end < 0 && head.length > MAX_PREFACE_BYTES) refuse(source, "what comes is not what was asked for");
  }
  const target = head.subarray(0, Math.max(0, end - 1)).toString();
  if (target !== "" && !isInitLink("init", target)) {
    const shown = target.slice(0, 200).replaceAll(/\p{Cc}/gu, "?");
    refuse(
      source,
      `its 'init' leads to '${shown}', not into /nix/store (or that is what the login shell there writes)`,
    );
  }
  if (target !== "") into.link("init", target);
  const rest = head.subarray(end + 1);
  return (async function* () {
    if (rest.length > 0) yield rest;
    yield* chunks;
  })();
}
