/** The last generations of a host, on its page. */

import type { GenerationView } from "../../../src/web/schema/generations.ts";
import { type Answer, useAnswer, useSelect } from "../shell/app.ts";
import { useCalm } from "../shell/use-calm.ts";
import { Fault, Waiting } from "./answer.tsx";
import { GenerationTable } from "./generation-table.tsx";

/** A page of them, as the API gives it. */
export interface GenerationsPage {
  readonly total: number;
  readonly next?: string;
  readonly generations: readonly GenerationView[];
}

/** Other things than generations move builds on, several times a second. */
const CALM_MS = 1000;

/** Moves when generations, or what is known of them, may be others. */
export function useGenerationsVersion(name: string): string {
  const version = useCalm(
    useSelect(({ generationsVersion }) => generationsVersion),
    CALM_MS,
  );
  // How its last boot went says something of what was booted.
  const last = useSelect(({ hosts }) => hosts?.get(name)?.lastBoot);
  return `${version} ${last?.id} ${last?.outcome}`;
}

export function generationsPath(name: string): string {
  return `/hosts/${encodeURIComponent(name)}/generations`;
}

const SHOWN = 5;

/** The last ones of a host. */
export function useHostGenerations(name: string): Answer<GenerationsPage> {
  const version = useGenerationsVersion(name);
  return useAnswer<GenerationsPage>(`${generationsPath(name)}?limit=${SHOWN}`, version);
}

interface HostGenerationsProps {
  readonly name: string;
  readonly answer: Answer<GenerationsPage>;
}

export function HostGenerations({ name, answer: { value, error, again } }: HostGenerationsProps) {
  const current = useCurrent(name, value?.generations);
  if (error !== undefined) return <Fault error={error} again={again} />;
  if (value === undefined) return <Waiting what="generations" />;
  const { generations, total } = value;
  if (generations.length === 0) return <p class="waiting">It never had a complete image.</p>;
  return (
    <>
      <GenerationTable host={name} generations={generations} current={current} />
      <p class="more">
        <a href={generationsPath(name)}>
          {total > SHOWN ? `All ${total} generations` : "Generations on a page of their own"}
        </a>
      </p>
    </>
  );
}

/** What a host gets now, if it is among these. */
export function useCurrent(
  name: string,
  generations: readonly GenerationView[] | undefined,
): GenerationView | undefined {
  const id = useSelect(({ hosts }) => hosts?.get(name)?.generation?.id);
  return generations?.find((each) => each.id === id);
}
