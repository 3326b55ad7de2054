/** The generations of a host, one a line: what each is, how its boots went, what is known of it. */

import type { GenerationView } from "../../../src/web/schema/generations.ts";
import { badText, bootsText, shortMomentText } from "../state/generation-words.ts";
import { bytesText, nameInStore } from "../state/words.ts";
import { GenerationActions } from "./generation-actions.tsx";
import { GenerationName } from "./generation-name.tsx";
import { Marks } from "./marks.tsx";
import { Ago } from "./moment.tsx";

interface GenerationTableProps {
  readonly host: string;
  readonly generations: readonly GenerationView[];
  /** What the host gets now. */
  readonly current: GenerationView | undefined;
}

export function generationPath(host: string, number: number): string {
  return `/hosts/${encodeURIComponent(host)}/generations/${number}`;
}

export function GenerationTable({ host, generations, current }: GenerationTableProps) {
  return (
    <table class="list tall generations">
      <caption class="unseen">Generations of {host}</caption>
      <thead>
        <tr>
          <th scope="col">Generation</th>
          <th scope="col">Published</th>
          <th scope="col">NixOS and Linux</th>
          <th scope="col">Size</th>
          <th scope="col">Boots</th>
          <th scope="col">Is</th>
          <th scope="col">
            <span class="unseen">Do</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {generations.map((generation) => (
          <Line key={generation.number} host={host} generation={generation} current={current} />
        ))}
      </tbody>
    </table>
  );
}

interface LineProps {
  readonly host: string;
  readonly generation: GenerationView;
  readonly current: GenerationView | undefined;
}

function Line({ host, generation, current }: LineProps) {
  const { number, id, label, kernel, nixos, sizeBytes, closureBytes, boots, bad, lastPublished } = generation;
  const name = label ?? nameInStore(id);
  const versions = [nixos, kernel && `Linux ${kernel}`].filter(Boolean);
  return (
    <tr class={bad === undefined ? undefined : "bad"}>
      <th scope="row">
        <a href={generationPath(host, number)} data-row>
          {number}
        </a>{" "}
        <GenerationName id={id} />
        <span class="under" title={name}>
          {name}
        </span>
      </th>
      <td>
        <Ago at={lastPublished} />
        <span class="under">{shortMomentText(lastPublished)}</span>
      </td>
      <td>
        {versions[0] ?? <span class="none">not known</span>}
        <span class="under">{versions[1]}</span>
      </td>
      <td>
        {bytesText(sizeBytes)}
        <span class="under">{closureBytes === undefined ? "" : `system ${bytesText(closureBytes)}`}</span>
      </td>
      <td>{bootsText(boots)}</td>
      <td class="wraps">
        <Marks generation={generation} />
        <span class="under wraps">{bad === undefined ? "" : badText(bad)}</span>
      </td>
      <td class="do">
        <GenerationActions host={host} generation={generation} current={current} isSmall />
      </td>
    </tr>
  );
}
