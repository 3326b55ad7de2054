/** What a machine said while it booted, by syslog or over the network console of its firmware, as it says it. */

import { useState } from "preact/hooks";
import type { ConsoleLineView, SessionDetail } from "../../../src/web/schema/sessions.ts";
import { useSelect } from "../shell/app.ts";
import { useEvents } from "../shell/use-events.ts";
import { joinedLines, maySayMore, withSaid } from "../state/console-lines.ts";
import { clockText } from "../state/words.ts";
import { MissedLines, useFollowing } from "./use-following.tsx";

/** Of syslog's severities, from 0 to 7: an error, and what is worse. */
const ERROR = 3;

interface ConsoleProps {
  readonly boot: SessionDetail;
  /** What was said between the answer and now may not have been heard: it is to be asked for again. */
  readonly onMissed: () => void;
}

export function Console({ boot, onMissed }: ConsoleProps) {
  const [heard, setHeard] = useState<readonly ConsoleLineView[]>([]);
  const query = `types=console&mac=${encodeURIComponent(boot.mac)}`;
  const nowMs = Date.now() - useSelect(({ aheadMs }) => aheadMs);
  useEvents(maySayMore(boot, nowMs) ? query : undefined, (events) => {
    setHeard((before) => withSaid(before, events, boot.id));
    if (events.some(({ type }) => type === "hello" || type === "gap")) onMissed();
  });
  const lines = joinedLines(boot.console, heard);
  return lines.length === 0 ? undefined : <ConsoleLines lines={lines} />;
}

function ConsoleLines({ lines }: { readonly lines: readonly ConsoleLineView[] }) {
  const { box, onScroll, ...missed } = useFollowing<HTMLOListElement>(lines);
  return (
    <section aria-labelledby="console">
      <h2 id="console">What it said</h2>
      <ol
        class="card console"
        ref={box}
        aria-labelledby="console"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
        tabIndex={0}
        onScroll={onScroll}
      >
        {lines.map(({ number, at, program, severity, text }) => (
          <li key={number} class={severity !== undefined && severity <= ERROR ? "bad" : undefined}>
            <time dateTime={at}>{clockText(at)}</time> {program === undefined ? "" : <b>{program} </b>}
            {text}
          </li>
        ))}
      </ol>
      <MissedLines {...missed} />
    </section>
  );
}
