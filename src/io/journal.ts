/** Writes the event stream as a log: one line an event, readable on a terminal, JSON elsewhere. */

import { type DestinationStream, destination, type LevelWithSilent, pino } from "pino";
import { describe } from "../boot/describe.ts";
import type { World } from "./world.ts";

export interface JournalOptions {
  readonly level: LevelWithSilent;
  /** Lines for people instead of JSON. */
  readonly readable: boolean;
  /** Where it goes; standard error by default, since standard output is for answers. */
  readonly stream?: DestinationStream;
  readonly now?: () => number;
}

/** How long the same line is not said again. */
const QUIET_MS = 60_000;
/** Keys remembered at most: a flood of made-up MAC addresses must not grow memory. */
const MAX_KEYS = 10_000;

export interface Journal {
  setLevel(level: LevelWithSilent): void;
  close(): void;
}

/** Logs every event of `world` once it is there. */
export async function startJournal(world: World, options: JournalOptions): Promise<Journal> {
  const { now = Date.now, stream = destination({ fd: 2, sync: true }) } = options;
  const colorize = options.stream === undefined && process.stderr.isTTY === true;
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.readable ? await readable(stream, colorize) : stream,
  );
  const said = new Map<string, number>();

  const unsubscribe = world.subscribe((event) => {
    const { level, text, repeats } = describe(event);
    if (!logger.isLevelEnabled(level)) return;
    if (repeats !== undefined && isRepeated(said, repeats, now())) return;
    logger[level]({ event: event.type }, text);
  });
  return {
    setLevel(level) {
      logger.level = level;
    },
    close: unsubscribe,
  };
}

/**
 * pino-pretty's own stream writes late; its formatter alone loses nothing when the process ends.
 *
 * Loaded only for a terminal: a service has no use for it.
 */
async function readable(stream: DestinationStream, colorize: boolean): Promise<DestinationStream> {
  const { prettyFactory } = await import("pino-pretty");
  const format = prettyFactory({ colorize, translateTime: "SYS:HH:MM:ss", ignore: "event" });
  return { write: (line) => stream.write(format(line)) };
}

function isRepeated(said: Map<string, number>, key: string, now: number): boolean {
  const last = said.get(key);
  if (last !== undefined && now - last < QUIET_MS) return true;
  if (said.size >= MAX_KEYS) said.clear();
  said.set(key, now);
  return false;
}
