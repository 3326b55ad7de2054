/** `/hosts/:name/generations`: every generation that a host ever had. */

import { useState } from "preact/hooks";
import type { GenerationView } from "../../../src/web/schema/generations.ts";
import { Fault, Waiting } from "../parts/answer.tsx";
import { GenerationTable } from "../parts/generation-table.tsx";
import {
  type GenerationsPage,
  generationsPath,
  useCurrent,
  useGenerationsVersion,
} from "../parts/host-generations.tsx";
import { ApiError } from "../shell/api.ts";
import { useAnswer, useApp } from "../shell/app.ts";
import type { Params } from "../shell/match.ts";
import type { Page } from "../shell/page.ts";

export const generationsPage: Page = {
  path: "/hosts/:name/generations",
  title: ({ name = "" }) => `Generations of ${name}`,
  View: GenerationsView,
};

interface Older {
  readonly generations: readonly GenerationView[];
  readonly next?: string | undefined;
}

function GenerationsView({ params: { name = "" } }: { readonly params: Params }) {
  const { api, say } = useApp();
  const version = useGenerationsVersion(name);
  const { value, error, again } = useAnswer<GenerationsPage>(generationsPath(name), version);
  const [older, setOlder] = useState<Older>();
  const all = value === undefined ? undefined : [...value.generations, ...(older?.generations ?? [])];
  const current = useCurrent(name, all);
  if (error !== undefined) return <Fault error={error} again={again} />;
  if (all === undefined) return <Waiting what="generations" />;
  const next = older === undefined ? value?.next : older.next;
  const more = async () => {
    try {
      const page = await api.get<GenerationsPage>(`${generationsPath(name)}?cursor=${next}`);
      setOlder({ generations: [...(older?.generations ?? []), ...page.generations], next: page.next });
    } catch (fault) {
      if (fault instanceof ApiError) say({ kind: "fault", text: fault.message, cure: fault.cure });
    }
  };
  return (
    <>
      <header class="page-head">
        <h1>
          Generations of <a href={`/hosts/${encodeURIComponent(name)}`}>{name}</a>
        </h1>
        <p class="page-state">{value?.total} in all</p>
      </header>
      <GenerationTable host={name} generations={all} current={current} />
      {next === undefined ? undefined : (
        <p class="more">
          <button type="button" onClick={more}>
            Show older ones
          </button>
        </p>
      )}
    </>
  );
}
