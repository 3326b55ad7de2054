/** Shows how far a download is: a bar on a terminal, a line now and then elsewhere. */

export interface Progress {
  onProgress(bytes: number, totalBytes: number | undefined): void;
  /** Call when it is over, however it ended. */
  done(): void;
}

/** What it writes to; `isTTY` tells a terminal. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const BAR_CHARS = 24;
/** A log file wants to know that it goes on, not how. */
const LINE_EVERY = 0.25;
const LINE_EVERY_BYTES = 4 * 1024 * 1024;

export function createProgress(name: string, stream: ProgressStream): Progress {
  const isTerminal = stream.isTTY === true;
  let shown = -1;
  return {
    onProgress(bytes, totalBytes) {
      if (isTerminal) {
        stream.write(`\r\x1b[K${formatProgress(name, bytes, totalBytes)}`);
        return;
      }
      const step =
        totalBytes === undefined
          ? Math.floor(bytes / LINE_EVERY_BYTES)
          : Math.floor(bytes / (totalBytes * LINE_EVERY));
      if (step > shown) stream.write(`${formatPlain(name, bytes, totalBytes)}\n`);
      shown = Math.max(shown, step);
    },
    done: () => void (isTerminal && stream.write("\r\x1b[K")),
  };
}

/** One line with a bar: `uefi [######······] 50 % of 3.6 MB`. */
export function formatProgress(name: string, bytes: number, totalBytes: number | undefined): string {
  if (totalBytes === undefined || totalBytes === 0) return `${name} ${megabytes(bytes)}`;
  const part = Math.min(1, bytes / totalBytes);
  const full = Math.floor(part * BAR_CHARS);
  const bar = `${"#".repeat(full)}${"·".repeat(BAR_CHARS - full)}`;
  return `${name} [${bar}] ${Math.floor(part * 100)} % of ${megabytes(totalBytes)}`;
}

function formatPlain(name: string, bytes: number, totalBytes: number | undefined): string {
  const of = totalBytes === undefined ? "" : ` of ${megabytes(totalBytes)}`;
  return `${name}: ${megabytes(bytes)}${of}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
