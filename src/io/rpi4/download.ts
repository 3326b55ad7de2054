/** Fetches a file over HTTP into a folder, and goes on where an earlier run broke off. */

import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  request as requestOf,
  startTransfer,
  stepTransfer,
  type Transfer,
  type TransferEffect,
  type TransferEvent,
} from "../../boot/rpi4/transfer.ts";

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Called with every piece; `totalBytes` is absent where the server does not tell. */
  readonly onProgress: (bytes: number, totalBytes: number | undefined) => void;
  /** More is not taken (256 MiB). */
  readonly maxBytes?: number;
  /** How long a server may say nothing (30,000). */
  readonly idleMs?: number;
  /** Waits between tries are multiplied by it (1); a test has none. */
  readonly waitFactor?: number;
}

/** A download did not succeed; what arrived is kept for the next try. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
}

const IDLE_MS = 30_000;

/**
 * Downloads into `folder`, unless the file is there already from an earlier run.
 *
 * @returns the path of the whole file; nobody has checked its content yet
 * @throws {@link DownloadError} with the address and the reason
 */
export async function download(url: string, folder: string, options: DownloadOptions): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, nameOf(url));
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere) return path;
  const part = `${path}.part`;
  await run(url, part, options);
  await rename(part, path);
  await rm(noteOf(part), { force: true });
  return path;
}

/** Two addresses may end in one name. */
function nameOf(url: string): string {
  const digest = createHash("sha256").update(url).digest("hex").slice(0, 12);
  const base = new URL(url).pathname.split("/").at(-1) ?? "";
  return `${digest}-${base.replaceAll(/[^\w.-]/g, "_")}`;
}

async function run(url: string, part: string, options: DownloadOptions): Promise<void> {
  let [transfer, effect] = startTransfer(url, await keptOf(part), options.maxBytes);
  let response: Response | undefined;
  while (effect.type !== "finish") {
    options.signal.throwIfAborted();
    if (effect.type === "fail") {
      if (effect.discard) await discard(part);
      throw new DownloadError(`${url}: ${effect.reason}`);
    }
    if (effect.type === "wait") {
      await sleep(effect.ms * (options.waitFactor ?? 1), undefined, { signal: options.signal });
      effect = requestOf(transfer);
      continue;
    }
    let event: TransferEvent;
    if (effect.type === "request") [event, response] = await ask(effect, transfer, options);
    else event = await receive(effect, transfer, response, part, options);
    [transfer, effect] = stepTransfer(transfer, event);
  }
}

async function discard(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(noteOf(part), { force: true });
}

async function ask(
  { url, headers }: Extract<TransferEffect, { type: "request" }>,
  { keptBytes }: Transfer,
  { signal, idleMs = IDLE_MS }: DownloadOptions,
): Promise<[TransferEvent, Response | undefined]> {
  try {
    const timeout = AbortSignal.timeout(idleMs);
    const response = await race(fetch(url, { headers, redirect: "manual", signal }), timeout);
    const header = (name: string) => response.headers.get(name) ?? undefined;
    return [{ type: "response", head: { status: response.status, header } }, response];
  } catch (error) {
    signal.throwIfAborted();
    return [{ type: "ended", keptBytes, error: reasonOf(error) }, undefined];
  }
}

/** Writes the body to disk as it comes. What arrived counts even if the rest does not. */
async function receive(
  { atByte, maxBytes }: Extract<TransferEffect, { type: "receive" }>,
  transfer: Transfer,
  response: Response | undefined,
  part: string,
  { signal, onProgress, idleMs = IDLE_MS }: DownloadOptions,
): Promise<TransferEvent> {
  const file = await open(part, atByte === 0 ? "w" : "r+");
  let keptBytes = atByte;
  const reader = response?.body?.getReader();
  try {
    await writeNote(part, transfer);
    while (reader !== undefined && keptBytes <= atByte + maxBytes) {
      const read = await race(reader.read(), AbortSignal.timeout(idleMs)).catch((error: unknown) => {
        signal.throwIfAborted();
        return { error: reasonOf(error) };
      });
      if ("error" in read) return { type: "ended", keptBytes, error: read.error };
      if (read.value === undefined) break;
      await writeAll(file, read.value, keptBytes);
      keptBytes += read.value.length;
      onProgress(keptBytes, transfer.totalBytes);
    }
    return { type: "ended", keptBytes };
  } finally {
    await reader?.cancel().catch(() => undefined);
    await file.close();
  }
}

async function writeAll(
  file: Awaited<ReturnType<typeof open>>,
  bytes: Uint8Array,
  at: number,
): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at + written);
    written += bytesWritten;
  }
}

function race<T>(promise: Promise<T>, timeout: AbortSignal): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  timeout.addEventListener("abort", () => reject(new Error("the server has been silent for too long")));
  return Promise.race([promise, expired]);
}

function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message : String(inner);
}

/** Which version of the file the kept bytes are of. */
function noteOf(part: string): string {
  return `${part}.json`;
}

async function writeNote(part: string, { validator }: Transfer): Promise<void> {
  if (validator === undefined) await rm(noteOf(part), { force: true });
  else await writeFile(noteOf(part), `${JSON.stringify({ validator })}\n`);
}

async function keptOf(part: string): Promise<{ bytes: number; validator: string } | undefined> {
  try {
    const { validator } = JSON.parse(await readFile(noteOf(part), "utf8"));
    const { size } = await stat(part);
    return typeof validator === "string" ? { bytes: size, validator } : undefined;
  } catch {
    // Without a note nobody knows of which version the bytes are.
    return undefined;
  }
}

/** SHA-256 in lower-case hexadecimal. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
