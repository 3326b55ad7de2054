/** What became of a boot, or how a host is: a sign and a word, in a colour that says the same. */

import type { SessionRow } from "../../../src/web/schema/sessions.ts";

export type Tone = "good" | "bad" | "warn" | "busy" | "calm";

interface SignProps {
  readonly tone: Tone;
  readonly text: string;
}

const SHAPES: Readonly<Record<Tone, string>> = {
  good: "M3.5 8.5 6.5 11.5 12.5 4.5",
  bad: "M4 4 12 12M12 4 4 12",
  warn: "M8 3.5V9M8 12.2V12.3",
  busy: "M3 8H12M8.5 4.5 12 8 8.5 11.5",
  calm: "M4 8H12",
};

export function Sign({ tone, text }: SignProps) {
  return (
    <span class={`sign ${tone}`}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path d={SHAPES[tone]} />
      </svg>
      {text}
    </span>
  );
}

const OUTCOMES: Readonly<Record<SessionRow["outcome"], SignProps>> = {
  "under-way": { tone: "busy", text: "Booting" },
  "handed-over": { tone: "good", text: "Handed over" },
  "checked-in": { tone: "good", text: "Up" },
  failed: { tone: "bad", text: "Failed" },
  "turned-away": { tone: "warn", text: "Turned away" },
};

export function Outcome({ outcome }: Pick<SessionRow, "outcome">) {
  return <Sign {...OUTCOMES[outcome]} />;
}

export function outcomeWord(outcome: SessionRow["outcome"]): string {
  return OUTCOMES[outcome].text;
}
