/** `mayfly capture`: what one machine and a running server say to each other, as a file for Wireshark. */

import { type FileHandle, open } from "node:fs/promises";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { CAPTURE_WANT, captureQuery } from "../web/schema/captures.ts";
import { hyphenMac } from "../wire/net/mac.ts";
import { createBlockCounter } from "../wire/pcap/block-counter.ts";
import { connectAdmin, readMac } from "./admin-client.ts";

export interface CaptureOptions {
  readonly mac: string;
  /** Where it goes; `-`: standard output. Absent: a name is made of the machine and the time. */
  readonly out?: string;
  /** Absent: until the machine's boot ends. */
  readonly seconds?: string;
  /** Files are kept whole. */
  readonly full: boolean;
  /** What goes to and comes from this address as well. */
  readonly address?: string;
  readonly signal: AbortSignal;
  /** For a person; the file may be standard output. */
  readonly say: (line: string) => void;
  /** Gets what was written, when it is over. */
  readonly done?: (written: Written) => void;
  readonly now?: () => Date;
}

/** A file with what was heard. */
export interface Written {
  readonly file: string;
  readonly packets: number;
  /** More than the reader could take. */
  readonly lost: number;
}

/**
 * Resolves when the boot is over, the time is, or it is stopped.
 *
 * @throws {@link ConfigError} for what was typed wrong, before the server is asked
 * @throws what keeps it from beginning; when the server goes, what was recorded is kept
 */
export async function capture(request: SettingsRequest, options: CaptureOptions): Promise<void> {
  const { say, signal, seconds, now = () => new Date() } = options;
  const mac = readMac(options.mac);
  const query = queryOf(options);
  const client = await connectAdmin(request);
  const pieces = await client.bytes(`machines/${mac}/capture${query}`, signal);
  const out = options.out ?? `${hyphenMac(mac)}-${stamp(now())}.pcapng`;
  const target = await openTarget(out);
  const counter = createBlockCounter();
  const until = seconds === undefined ? "until its boot ends" : `for ${seconds} s`;
  say(`Recording ${mac} ${until}; Ctrl-C ends it.`);
  try {
    for await (const piece of pieces) {
      // Only whole blocks: the file can be read whenever it is broken off.
      await target.write(counter.take(piece));
    }
  } finally {
    await target.close();
    say(summaryOf(out, counter.packets(), counter.dropped()));
    options.done?.({ file: out, packets: counter.packets(), lost: counter.dropped() });
  }
}

function summaryOf(out: string, packets: number, dropped: number): string {
  const where = out === "-" ? "" : `${out}: `;
  const lost = dropped === 0 ? "" : `, ${dropped} more were lost`;
  const next = out === "-" || packets === 0 ? "" : ` 'mayfly explain ${out}' says what they mean.`;
  const none = packets === 0 ? " Nothing was heard of this machine." : "";
  return `${where}${packets} packets${lost}.${none}${next}`;
}

/** @throws {@link ConfigError} for a value that the server would refuse */
function queryOf({ seconds, full, address }: CaptureOptions): string {
  const asked: Readonly<Record<string, string>> = {
    ...(seconds === undefined ? {} : { seconds }),
    ...(full ? { full: "true" } : {}),
    ...(address === undefined ? {} : { address }),
  };
  const { error } = captureQuery.safeParse(asked);
  const wrong = new Set(error?.issues.map(({ path }) => String(path[0])));
  if (wrong.size > 0) throw new ConfigError([...wrong].map((name) => mistakeIn(name, asked[name] ?? "")));
  const query = new URLSearchParams(asked);
  return query.size === 0 ? "" : `?${query}`;
}

function mistakeIn(name: string, value: string) {
  return { place: `--${name}`, read: quote(value), want: CAPTURE_WANT[name] ?? "something else" };
}

interface Target {
  write(bytes: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

async function openTarget(out: string): Promise<Target> {
  if (out === "-") {
    const { stdout } = process;
    return {
      write: (bytes) => new Promise((resolve) => stdout.write(bytes, resolve)),
      close: async () => {},
    };
  }
  let file: FileHandle;
  try {
    // It may hold what others need not see.
    file = await open(out, "w", 0o600);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      { place: "--out", read: quote(out), want: `a file that can be written (${why})` },
    ]);
  }
  return { write: (bytes) => file.write(bytes), close: () => file.close() };
}

/** `20261122-064500`, as this machine's clock has it. */
function stamp(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${date}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}
