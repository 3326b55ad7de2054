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
  const backlog = createBacklog(write, keepBytes);
  let isTold = false;
  let timer: NodeJS.Timeout | undefined;

  function retry(): void {
    timer = undefined;
    settle(backlog.drain());
  }
  function settle(trouble: Error | undefined): void {
    if (trouble === undefined) {
      const lost = backlog.forgetLost();
      if (isTold) writable(lost);
      isTold = false;
      return;
    }
    // A log that cannot be written keeps no process from its end.
    timer ??= setTimeout(retry, retryMs).unref();
    if (isTold || (isSlow(trouble) && backlog.lost() === 0)) return;
    isTold = true;
    unwritable(trouble);
  }

  return {
    write(text) {
      settle(backlog.add(text));
    },
    end() {
      clearTimeout(timer);
      timer = undefined;
      let trouble = backlog.drain();
      for (let ms = 0; isSlow(trouble) && ms < END_WITHIN_MS; ms += END_PAUSE_MS) {
        pause(END_PAUSE_MS);
        trouble = backlog.drain();
      }
    },
  };
}

interface Backlog {
  /** Writes what can be written, unless that has just failed, and keeps the rest. @returns what keeps it from being written */
  add(text: string): Error | undefined;
  drain(): Error | undefined;
  /** How many lines there was no room for. */
  lost(): number;
  forgetLost(): number;
}

function createBacklog(write: (bytes: Uint8Array) => number, keepBytes: number): Backlog {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let lost = 0;
  let trouble: Error | undefined;

  function keep(text: string): void {
    const bytes = Buffer.from(text);
    kept.push(bytes);
    keptBytes += bytes.length;
  }
  /** Once a line was lost, so are those after it, until all that is kept is written: else nobody knew where. */
  function keepLine(line: string): void {
    if (lost > 0 || keptBytes + Buffer.byteLength(line) > keepBytes) lost++;
    else keep(line);
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
  /** As much as it takes. A line that was begun stays the first one. */
  function drain(): Error | undefined {
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
    return trouble;
  }

  return {
    add(text) {
      if (trouble !== undefined) {
        for (const line of text.split(/(?<=\n)/)) keepLine(line);
        return trouble;
      }
      keep(text);
      drain();
      trim();
      return trouble;
    },
    drain,
    lost: () => lost,
    forgetLost() {
      const count = lost;
      lost = 0;
      return count;
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
