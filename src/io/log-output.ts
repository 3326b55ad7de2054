/** Writes the log to standard error, and never fails: what cannot be written now is kept, within a bound, and tried again. */

import { writeSync } from "node:fs";

export interface LogOutput {
  /** @param text - whole lines */
  write(text: string): void;
  /** Before the process ends: tries once more, and waits a little for a reader that is slow. */
  end(): void;
}

export interface LogOutputOptions {
  /** What keeps lines from being written; nothing is told of a reader that is slow until a line is lost by it. */
  readonly unwritable: (error: Error) => void;
  /** All that was kept is written again; so many lines were not kept. */
  readonly writable: (lostLines: number) => void;
  /** @returns how many of the bytes it took */
  readonly write?: (bytes: Uint8Array) => number;
  readonly keepBytes?: number;
  readonly retryMs?: number;
}

/** Some thousand lines. */
const KEEP_BYTES = 1024 * 1024;
const RETRY_MS = 200;
/** How long the end waits for a reader, in all, and how long at a time. */
const END_WITHIN_MS = 1000;
const END_PAUSE_MS = 10;
const STANDARD_ERROR = 2;
const NEWLINE = 10;

/** @param options - who is told of trouble */
export function createLogOutput(options: LogOutputOptions): LogOutput {
  const { unwritable, writable, keepBytes = KEEP_BYTES, retryMs = RETRY_MS } = options;
  const { write = (bytes) => writeSync(STANDARD_ERROR, bytes) } = options;
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let lost = 0;
  let trouble: Error | undefined;
  let isTold = false;
  let timer: NodeJS.Timeout | undefined;

  function tell(): void {
    if (trouble === undefined || isTold || (isSlow(trouble) && lost === 0)) return;
    isTold = true;
    unwritable(trouble);
  }
  /** As much as it takes. A line that was begun stays the first one. */
  function drain(): void {
    try {
      for (let [first] = kept; first !== undefined; [first] = kept) {
        const taken = write(first);
        keptBytes -= taken;
        if (taken < first.length) kept[0] = first.subarray(taken);
        else kept.shift();
      }
      trouble = undefined;
    } catch (error) {
      trouble = error instanceof Error ? error : new Error(String(error));
    }
  }
  function retry(): void {
    timer = undefined;
    drain();
    if (trouble !== undefined) again();
    else begin();
  }
  /** All is written again. */
  function begin(): void {
    const lines = lost;
    lost = 0;
    if (isTold) writable(lines);
    isTold = false;
  }
  function again(): void {
    // A log that cannot be written keeps no process from its end.
    timer ??= setTimeout(retry, retryMs).unref();
    tell();
  }
  function keep(text: string): void {
    const bytes = Buffer.from(text);
    kept.push(bytes);
    keptBytes += bytes.length;
  }
  /** What was not taken of a text that came all at once. */
  function trim(): void {
    const [rest] = kept;
    if (rest === undefined || keptBytes <= keepBytes) return;
    // A line that was begun is kept whole.
    const end = Math.max(rest.lastIndexOf(NEWLINE, keepBytes - 1), rest.indexOf(NEWLINE)) + 1;
    lost += rest.subarray(end).filter((byte) => byte === NEWLINE).length;
    kept = [rest.subarray(0, end)];
    keptBytes = end;
  }
  /** Once a line was lost, so are those after it, until all that is kept is written: else nobody knew where. */
  function keepLine(line: string): void {
    if (lost > 0 || keptBytes + Buffer.byteLength(line) > keepBytes) lost++;
    else keep(line);
  }

  return {
    write(text) {
      if (timer === undefined) {
        keep(text);
        drain();
        trim();
      } else for (const line of text.split(/(?<=\n)/)) keepLine(line);
      if (trouble !== undefined) again();
    },
    end() {
      clearTimeout(timer);
      timer = undefined;
      drain();
      for (let ms = 0; isSlow(trouble) && ms < END_WITHIN_MS; ms += END_PAUSE_MS) {
        pause(END_PAUSE_MS);
        drain();
      }
      kept = [];
      keptBytes = 0;
    },
  };
}

/** Whoever reads a pipe has not taken what it holds yet. */
function isSlow(error: Error | undefined): boolean {
  return error !== undefined && "code" in error && error.code === "EAGAIN";
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
