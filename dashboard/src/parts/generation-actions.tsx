/** What can be done with one generation of a host. */

import type { GenerationView } from "../../../src/web/schema/generations.ts";
import { useMay } from "../shell/app.ts";
import { onceDeed, pinDeed, rollbackDeed, unpinDeed } from "../state/rollout-deeds.ts";
import { DeedButton } from "./deed.tsx";

interface GenerationActionsProps {
  readonly host: string;
  readonly generation: GenerationView;
  /** What the host gets now. */
  readonly current: GenerationView | undefined;
  /** Beside others of its kind in a list. */
  readonly isSmall?: boolean;
}

export function GenerationActions({ host, generation, current, isSmall = false }: GenerationActionsProps) {
  const may = useMay("operate");
  const { number, isCurrent, isPinned, isKept } = generation;
  // What is only remembered cannot be given to anybody.
  if (!may || !isKept) return undefined;
  const whom = { name: host };
  const kind = isSmall ? "small" : "";
  const of = (what: string) => `${what}, generation ${number}`;
  return (
    <div class="actions">
      {isCurrent || current?.isPinned ? undefined : (
        <DeedButton deed={rollbackDeed(whom, generation, current)} class={kind} label={of("Roll back")}>
          Roll back
        </DeedButton>
      )}
      {isPinned ? (
        <DeedButton deed={unpinDeed(whom)} class={kind} label={of("Unpin")}>
          Unpin
        </DeedButton>
      ) : (
        <DeedButton deed={pinDeed(whom, generation)} class={kind} label={of("Pin")}>
          Pin
        </DeedButton>
      )}
      {isCurrent ? undefined : (
        <DeedButton deed={onceDeed(host, generation)} class={kind} label={of("Boot once")}>
          Boot once
        </DeedButton>
      )}
    </div>
  );
}
