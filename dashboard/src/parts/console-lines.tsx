/** What a machine said while it booted, by syslog or over the network console of its firmware. */

import type { ConsoleLineView } from "../../../src/web/schema/sessions.ts";
import { clockText } from "../state/words.ts";

/** Of syslog's severities, from 0 to 7: an error, and what is worse. */
const ERROR = 3;

export function ConsoleLines({ lines }: { readonly lines: readonly ConsoleLineView[] }) {
  if (lines.length === 0) return undefined;
  return (
    <section aria-labelledby="console">
      <h2 id="console">What it said</h2>
      <ol class="card console">
        {lines.map(({ at, program, severity, text }) => (
          <li key={`${at} ${text}`} class={severity !== undefined && severity <= ERROR ? "bad" : undefined}>
            <time dateTime={at}>{clockText(at)}</time> {program === undefined ? "" : <b>{program} </b>}
            {text}
          </li>
        ))}
      </ol>
    </section>
  );
}
