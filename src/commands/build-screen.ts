/** Shows how far builds are: one line that changes on a terminal, a line for each step elsewhere. */

import type { BuildView } from "../web/schema/builds.ts";
import type { ProgressStream } from "./rpi4-progress.ts";

export interface BuildScreen {
  /** How every build is now, in the order in which they were wanted. */
  show(builds: readonly BuildView[]): void;
  /** A line that stays. */
  line(text: string): void;
}

/** Shows nothing: a program reads what came of it. */
export const NO_SCREEN: BuildScreen = { show: () => {}, line: () => {} };

export interface ScreenStream extends ProgressStream {
  readonly columns?: number;
}

/** A log wants to know that it goes on, not how; in milliseconds. */
const LINE_EVERY_MS = 10_000;
const NARROWEST = 20;

/** @param now - a clock that only goes forward, in milliseconds */
export function createBuildScreen(
  stream: ScreenStream,
  now: () => number = () => performance.now(),
): BuildScreen {
  const isTerminal = stream.isTTY === true;
  const clear = isTerminal ? "\r\x1b[K" : "";
  const told = new Map<string, { readonly text: string; readonly atMs: number }>();
  const line = (text: string) => void stream.write(`${clear}${text}\n`);
  function plain(build: BuildView): void {
    const last = told.get(build.id);
    const atMs = now();
    if (last?.text === build.text || (last !== undefined && atMs - last.atMs < LINE_EVERY_MS)) return;
    told.set(build.id, { text: build.text, atMs });
    line(`${build.host}: ${build.text}`);
  }
  return {
    line,
    show(builds) {
      const open = builds.filter(({ state }) => state === "running" || state === "waiting");
      if (!isTerminal) return open.forEach(plain);
      const [first] = open;
      if (first === undefined) return;
      const others = open.length === 1 ? "" : ` (and ${open.length - 1} more)`;
      const width = Math.max(NARROWEST, (stream.columns ?? 80) - 1);
      stream.write(`${clear}${shorten(`${first.host}: ${first.text}`, width - others.length)}${others}`);
    },
  };
}

function shorten(text: string, width: number): string {
  const shown = text.replaceAll(/\p{Cc}/gu, " ");
  return shown.length <= width ? shown : `${shown.slice(0, Math.max(0, width - 1))}…`;
}
