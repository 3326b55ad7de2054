/** What a machine says of itself in the course of a boot, put together and of bounded length. */

import type { BootClient } from "../client.ts";
import type { LiveSession } from "./live-session.ts";

/** Of each text that a machine says of itself, and of each note and path. */
const MAX_TEXT = 200;

/** The last word of each. */
export function withClient(live: LiveSession, said: BootClient): LiveSession {
  const { session } = live;
  if (session.client === said) return live;
  const before = session.client;
  const facts =
    said.facts === undefined
      ? before?.facts
      : {
          ...before?.facts,
          ...Object.fromEntries(Object.entries(said.facts).map(([name, text]) => [name, clip(text)])),
        };
  const client = {
    ...before,
    ...said,
    ...(said.serial === undefined ? {} : { serial: clip(said.serial) }),
    ...(facts === undefined ? {} : { facts }),
  };
  return { ...live, session: { ...session, client } };
}

/** A text that is no longer than what is shown of it. */
export function clip(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
}
