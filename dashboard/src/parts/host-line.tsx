/** One host in the list of all. */

import type { HostView } from "../../../src/web/schema/hosts.ts";
import type { HostRow } from "../state/host-state.ts";
import { durationText } from "../state/words.ts";
import { BuildName } from "./build-name.tsx";
import { Ago } from "./moment.tsx";
import { Outcome, outcomeWord, Sign } from "./outcome.tsx";
import { BootProgress } from "./progress.tsx";

interface HostLineProps {
  readonly row: HostRow;
  /** Its place in the whole table, of which not all may be there. */
  readonly index: number;
}

export function HostLine({ row, index }: HostLineProps) {
  const { host, kind, about } = row;
  return (
    <tr class={kind} aria-rowindex={index}>
      <th scope="row">
        <a href={`/hosts/${encodeURIComponent(host.name)}`} data-row>
          {host.name}
        </a>
        <span class="under">{addressOf(host)}</span>
      </th>
      <td class="state">
        <HostState row={row} />
        {about === undefined ? (
          <Since row={row} />
        ) : (
          <span class="under" title={about}>
            {about}
          </span>
        )}
      </td>
      <td class="runs">
        <Runs row={row} />
      </td>
      <td class="next">
        <Next row={row} />
      </td>
      <td class="when">
        <LastBoot host={host} />
      </td>
    </tr>
  );
}

function addressOf({ lastBoot, macs, isDefault }: HostView): string {
  return lastBoot?.address ?? macs[0] ?? (isDefault ? "all other machines" : "");
}

/** How long it has been up, as far as that is known. */
function Since({ row: { host, runs, boot } }: { readonly row: HostRow }) {
  if (runs === undefined || boot !== undefined || host.lastBoot === undefined) return undefined;
  return (
    <span class="under">
      for <Ago at={host.lastBoot.last} isPast={false} />
    </span>
  );
}

export function HostState({ row }: { readonly row: HostRow }) {
  const { host, kind, boot } = row;
  const { lastBoot } = host;
  if (boot !== undefined)
    return (
      <>
        <Sign tone={boot.diagnosis === undefined ? "busy" : "bad"} text={boot.diagnosis?.code ?? "Booting"} />
        <BootProgress boot={boot} />
      </>
    );
  if (lastBoot?.diagnosis !== undefined)
    return <Sign tone={lastBoot.outcome === "checked-in" ? "warn" : "bad"} text={lastBoot.diagnosis.code} />;
  if (lastBoot?.missing !== undefined) return <Sign tone="warn" text="Up, not well" />;
  if (kind === "attention" && host.generation === undefined) return <Sign tone="warn" text="No image" />;
  if (lastBoot === undefined) return <Sign tone="calm" text="Not booted yet" />;
  return <Outcome outcome={lastBoot.outcome} />;
}

function Runs({ row: { host, runs, boot } }: { readonly row: HostRow }) {
  const { lastBoot } = host;
  if (runs === undefined || boot !== undefined || lastBoot === undefined)
    return <span class="none">nothing</span>;
  const kernel = lastBoot.kernel ?? (host.generation?.id === runs ? host.generation.kernel : undefined);
  return <BuildName id={runs} nixos={lastBoot.nixos} kernel={kernel} />;
}

function Next({ row: { host, runs } }: { readonly row: HostRow }) {
  const { generation, because } = host;
  if (generation === undefined) return <span class="none">nothing</span>;
  const isOther = runs !== undefined && runs !== generation.id;
  const { id, nixos, kernel } = generation;
  if (runs === id)
    return (
      <>
        <span class="same">the same</span>
        <span class="under" title={because}>
          {because}
        </span>
      </>
    );
  return (
    <BuildName id={id} nixos={nixos} kernel={kernel} about={because}>
      {isOther ? <span class="other">another</span> : undefined}
    </BuildName>
  );
}

function LastBoot({ host: { lastBoot } }: { readonly host: HostView }) {
  if (lastBoot === undefined) return <span class="none">none</span>;
  const { id, start, outcome, fetchedAfterMs } = lastBoot;
  return (
    <>
      <a href={`/boots/${id}`}>
        <Ago at={start} />
      </a>
      <span class="under">
        {fetchedAfterMs === undefined ? outcomeWord(outcome) : `fetched in ${durationText(fetchedAfterMs)}`}
      </span>
    </>
  );
}
