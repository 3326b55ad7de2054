/** A list of boots that was asked for, with what was heard since. Pure. */

import type { SessionRow } from "../../../src/web/schema/sessions.ts";
import type { Boot } from "./state.ts";

/** What is absent does not matter. */
export interface BootFilter {
  readonly host?: string;
  readonly mac?: string;
  readonly outcome?: SessionRow["outcome"];
}

/**
 * Puts what was heard into what was asked for: as they are now, and those that have begun since.
 *
 * Of what is older than all that was asked for, nothing: there may be others between.
 *
 * @param asked - the last one first
 */
export function withNews<Row extends Pick<Boot, "id">>(
  asked: readonly Row[],
  heard: Iterable<Boot>,
  filter: BootFilter,
): readonly (Row | Boot)[] {
  const oldest = asked.at(-1)?.id ?? "";
  const all = new Map<string, Row | Boot>(asked.map((boot) => [boot.id, boot]));
  for (const boot of heard) {
    if (!isWanted(boot, filter)) all.delete(boot.id);
    else if (boot.id >= oldest) all.set(boot.id, boot);
  }
  return [...all.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}

function isWanted(boot: Boot, { host, mac, outcome }: BootFilter): boolean {
  return (
    (host === undefined || boot.host === host) &&
    (mac === undefined || boot.mac === mac) &&
    (outcome === undefined || boot.outcome === outcome)
  );
}
