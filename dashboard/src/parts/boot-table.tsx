/** A list of boots, one a line. */

import { stageWords } from "../state/stages.ts";
import type { Boot } from "../state/state.ts";
import { bytesText, durationText, momentText } from "../state/words.ts";
import { GenerationName } from "./generation-name.tsx";
import { Ago } from "./moment.tsx";
import { Outcome } from "./outcome.tsx";
import { BootProgress } from "./progress.tsx";
import { useRowWindow } from "./window-list.ts";

const ROW_PX = 52;

interface BootTableProps {
  readonly boots: readonly Boot[];
  /** All are of one host, whose name stands above. */
  readonly isOfOne?: boolean;
}

export function BootTable({ boots, isOfOne = false }: BootTableProps) {
  const { holder, first, end, style } = useRowWindow<HTMLTableSectionElement>(boots.length, ROW_PX);
  return (
    <table class="list boots" aria-rowcount={boots.length + 1}>
      <caption class="unseen">Boots</caption>
      <thead>
        <tr>
          <th scope="col">{isOfOne ? "Boot" : "Host"}</th>
          <th scope="col">Outcome</th>
          <th scope="col">Began</th>
          <th scope="col">Generation</th>
          <th scope="col">Fetched after</th>
        </tr>
      </thead>
      <tbody ref={holder} style={style}>
        {boots.slice(first, end).map((boot, index) => (
          <BootLine key={boot.id} boot={boot} index={first + index + 2} isOfOne={isOfOne} />
        ))}
      </tbody>
    </table>
  );
}

interface BootLineProps {
  readonly boot: Boot;
  readonly index: number;
  readonly isOfOne: boolean;
}

function BootLine({ boot, index, isOfOne }: BootLineProps) {
  const { id, mac, host, address, outcome, start, generation, fetchedAfterMs, sentBytes, via } = boot;
  const name = isOfOne ? momentText(start) : (host ?? mac);
  return (
    <tr class={outcome} aria-rowindex={index}>
      <th scope="row">
        <a href={`/boots/${id}`} data-row>
          {name}
        </a>
        <span class="under">
          {[(isOfOne || host !== undefined) && mac, address].filter(Boolean).join(" ")}
        </span>
      </th>
      <td class="state">
        <Outcome outcome={outcome} />
        <BootAbout boot={boot} />
      </td>
      <td class="when">
        <Ago at={start} />
        <span class="under">{via === "kexec" ? "by kexec" : ""}</span>
      </td>
      <td class="runs">
        {generation === undefined ? <span class="none">none</span> : <GenerationName id={generation} />}
      </td>
      <td class="next">
        {fetchedAfterMs === undefined ? "" : durationText(fetchedAfterMs)}
        <span class="under">{sentBytes > 0 ? bytesText(sentBytes) : ""}</span>
      </td>
    </tr>
  );
}

function BootAbout({ boot }: { readonly boot: Boot }) {
  const { outcome, step, diagnosis } = boot;
  if (outcome === "under-way") return <BootProgress boot={boot} />;
  if (diagnosis !== undefined) return <span class="under">{diagnosis.what}</span>;
  if (step === undefined || outcome === "checked-in" || outcome === "handed-over") return undefined;
  const why = step.note ?? (step.result === "complete" ? undefined : step.result);
  return (
    <span class="under">{[`last stage ${stageWords(step.stage).name}`, why].filter(Boolean).join(": ")}</span>
  );
}
