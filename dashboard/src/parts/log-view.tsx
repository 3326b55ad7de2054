/** A log as it grows: it follows the last line until somebody scrolls up, and can be copied. */

import { useState } from "preact/hooks";
import { useApp } from "../shell/app.ts";
import { copyText } from "../shell/copy.ts";
import { type LogLine, logText, type MachineLog, mainLines } from "../state/machine-log.ts";
import { momentText } from "../state/words.ts";
import { MissedLines, useFollowing } from "./use-following.tsx";

export function LogView({ log, name }: { readonly log: MachineLog; readonly name: string }) {
  const { say } = useApp();
  const [hasDetails, setDetails] = useState(false);
  const lines = hasDetails ? log.lines : mainLines(log.lines);
  const { box, onScroll, ...missed } = useFollowing<HTMLDivElement>(lines);
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
      <MissedLines {...missed} />
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
