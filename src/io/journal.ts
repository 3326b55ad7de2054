/** Writes the event stream as a log: one line an event, readable on a terminal, JSON elsewhere. */

import { type DestinationStream, type LevelWithSilent, pino } from "pino";
import { describe } from "../boot/describe.ts";
import type { BootEvent } from "../boot/event.ts";
import type { SessionId } from "../boot/session/session.ts";
import { createLogOutput, type LogOutput } from "./log-output.ts";
import { createTroubles } from "./troubles.ts";
import type { World } from "./world.ts";

export interface JournalOptions {
  readonly level: LevelWithSilent;
  /** Lines for people instead of JSON. */
  readonly readable: boolean;
  /** Of the terminal, in characters, as it is now. */
  readonly width?: () => number;
  /** Where it goes; standard error by default, since standard output is for answers. */
  readonly stream?: DestinationStream & Partial<LogOutput>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly steadyNow?: () => number;
}

/** How long the same line is not said again. */
const QUIET_MS = 60_000;
/** Keys remembered at most: a flood of made-up MAC addresses must not grow memory. */
const MAX_KEYS = 10_000;

export interface Journal {
  setLevel(level: LevelWithSilent): void;
  /** Says from now on to which boot a line belongs, with all that was known when it is written. */
  nameBoots(bootOf: (event: BootEvent) => SessionId | undefined): void;
  close(): void;
}

/**
 * Logs every event of `world` once it is there.
 *
 * Lines are made and written at the end of a turn of the event loop, together, so that no machine waits
 * for them; and before the process ends, whatever ends it but a signal that nobody handles.
 */
export async function startJournal(world: World, options: JournalOptions): Promise<Journal> {
  const { now = Date.now, steadyNow = () => performance.now() } = options;
  const { stream = standardError(world) } = options;
  const colorize = options.stream === undefined && process.stderr.isTTY === true;
  const lines: string[] = [];
  const page: DestinationStream = { write: (line) => void lines.push(line) };
  let atMs = 0;
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date(atMs).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.readable ? await readable(page, { colorize, width: options.width ?? terminalWidth }) : page,
  );
  const said = new Map<string, number>();
  const waiting: { readonly event: BootEvent; readonly atMs: number; readonly steadyMs: number }[] = [];
  let bootOf: (event: BootEvent) => SessionId | undefined = () => undefined;

  function say(event: BootEvent, steadyMs: number): void {
    const { level, text, repeats } = describe(event);
    if (!logger.isLevelEnabled(level)) return;
    if (repeats !== undefined && isRepeated(said, repeats, steadyMs)) return;
    const boot = bootOf(event);
    logger[level](boot === undefined ? { event: event.type } : { event: event.type, boot }, text);
  }
  function flush(): void {
    for (const each of waiting.splice(0)) {
      atMs = each.atMs;
      try {
        say(each.event, each.steadyMs);
      } catch (error) {
        // One line is lost. Of a mistake that cannot be told, a next one would be told, and so on.
        if (each.event.type !== "bug") world.record({ type: "bug", via: "the journal", error });
      }
    }
    if (lines.length > 0) stream.write(lines.splice(0).join(""));
  }

  const unsubscribe = world.subscribe((event) => {
    if (waiting.push({ event, atMs: now(), steadyMs: steadyNow() }) === 1) setImmediate(flush);
  });
  function end(): void {
    flush();
    stream.end?.();
  }
  process.on("exit", end);
  return {
    setLevel(level) {
      flush();
      logger.level = level;
    },
    nameBoots(by) {
      bootOf = by;
    },
    close() {
      unsubscribe();
      process.off("exit", end);
      end();
    },
  };
}

/** That the log cannot be written is told where else events are told, and in the log when it can be again. */
function standardError(world: World): LogOutput {
  const troubles = createTroubles(world);
  return createLogOutput({
    unwritable(error) {
      const cure = "code" in error ? CURES.get(error.code) : undefined;
      troubles.set(UNWRITTEN, cure === undefined ? error : Object.assign(error, { cure }));
    },
    writable(lost) {
      troubles.set(UNWRITTEN, undefined);
      if (lost === 0) return;
      world.record({ type: "notice", level: "warn", text: `lines of the log that are lost: ${lost}` });
    },
  });
}

const UNWRITTEN = "the log cannot be written";
const CURES: ReadonlyMap<unknown, string> = new Map([
  ["ENOSPC", "make room on the disk that standard error goes to"],
  ["EAGAIN", "see why what reads standard error does not keep up"],
  ["EPIPE", "what read standard error has ended; start both anew"],
]);

/**
 * pino-pretty's own stream writes late; its formatter alone loses nothing when the process ends.
 *
 * Loaded only for a terminal: a service has no use for it.
 */
async function readable(stream: DestinationStream, terminal: Terminal): Promise<DestinationStream> {
  const { prettyFactory } = await import("pino-pretty");
  const format = prettyFactory({
    ...{ colorize: terminal.colorize, translateTime: "SYS:HH:MM:ss", ignore: "event,boot" },
    messageFormat: ({ msg, boot }) => withBoot(String(msg), boot, terminal),
  });
  return { write: (line) => stream.write(format(line)) };
}

interface Terminal {
  readonly colorize: boolean;
  readonly width: () => number;
}

const terminalWidth = () => process.stderr.columns ?? Number.POSITIVE_INFINITY;
/** `[12:34:56] DEBUG: ` before each line. */
const PREFIX_CHARS = 18;

/** At the end, where there is room for it: `mayfly boots BOOT` shows all of that boot. */
function withBoot(text: string, boot: unknown, { colorize, width }: Terminal): string {
  if (typeof boot !== "string" || PREFIX_CHARS + text.length + 2 + boot.length > width()) return text;
  // A message is written in its level's colour, which faint letters go without.
  return colorize ? `${text}  \x1b[0;2m${boot}\x1b[0m` : `${text}  ${boot}`;
}

function isRepeated(said: Map<string, number>, key: string, steadyMs: number): boolean {
  const last = said.get(key);
  if (last !== undefined && steadyMs - last < QUIET_MS) return true;
  if (said.size >= MAX_KEYS) said.clear();
  said.set(key, steadyMs);
  return false;
}
