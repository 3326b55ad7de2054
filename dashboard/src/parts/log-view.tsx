/** A log as it grows: it follows the last line until somebody scrolls up, and can be copied. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../shell/app.ts";
import { copyText } from "../shell/copy.ts";
import { type LogLine, logText, type MachineLog, mainLines } from "../state/machine-log.ts";
import { momentText } from "../state/words.ts";

/** So near to its end it counts as being there. */
const NEAR_PX = 24;

export function LogView({ log, name }: { readonly log: MachineLog; readonly name: string }) {
  const { say } = useApp();
  const [hasDetails, setDetails] = useState(false);
  const lines = hasDetails ? log.lines : mainLines(log.lines);
  const { box, isPaused, onScroll, goOn, missed } = useFollowing(lines);
  const copy = async () => {
    const isDone = await copyText(logText(lines));
    if (isDone) say({ kind: "done", text: `${lines.length} lines are copied.` });
    else say({ kind: "fault", text: "this browser does not let the page copy", cure: "mark them by hand" });
  };
  return (
    <>
      <div class="log-head">
        <label>
          <input
            type="checkbox"
            checked={hasDetails}
            onChange={({ currentTarget }) => setDetails(currentTarget.checked)}
          />{" "}
          Every packet and file
        </label>
        <span class="fine">{log.since === undefined ? "" : `Since ${momentText(log.since)}`}</span>
        <button type="button" class="small" disabled={lines.length === 0} onClick={copy}>
          Copy
        </button>
      </div>
      <div
        class="log-box"
        ref={box}
        role="log"
        aria-label={`Log of ${name}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
        tabIndex={0}
        onScroll={onScroll}
      >
        {lines.length === 0 ? (
          <p class="waiting">
            {log.lines.length === 0
              ? "Nothing was told of it since then."
              : "Nothing but packets and files since then."}{" "}
            What happens from now on is shown here.
          </p>
        ) : undefined}
        {lines.map((line) => (
          <Line key={line.number} line={line} />
        ))}
      </div>
      {isPaused ? (
        <p class="more">
          <button type="button" onClick={goOn}>
            {missed === 0 ? "To the last line" : `${missed} new ${missed === 1 ? "line" : "lines"} below`}
          </button>
        </p>
      ) : undefined}
    </>
  );
}

function Line({ line: { at, level, text } }: { readonly line: LogLine }) {
  return (
    <div class={`log-line ${level}`}>
      <time dateTime={at} title={momentText(at)}>
        {new Date(at).toLocaleTimeString(undefined, { hour12: false })}
      </time>
      <span class="level">{level === "info" || level === "debug" ? "" : level}</span>
      <span class="text">{text}</span>
    </div>
  );
}

/** Stays at the end of what grows, until somebody goes elsewhere. */
function useFollowing(lines: readonly LogLine[]) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState<number>();
  const last = lines.at(-1)?.number ?? 0;
  const isPaused = seen !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: with more lines its end is elsewhere.
  useLayoutEffect(() => {
    if (!isPaused && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [last, lines.length, isPaused]);
  return {
    box,
    isPaused,
    missed: seen === undefined ? 0 : lines.filter(({ number }) => number > seen).length,
    onScroll() {
      const { current } = box;
      if (current === null) return;
      const isAtEnd = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_PX;
      setSeen((before) => (isAtEnd ? undefined : (before ?? last)));
    },
    goOn: () => setSeen(undefined),
  };
}
