/** `/hosts/:name/generations/:number`: one generation, what changed since another, and what is inside. */

import type {
  GenerationDetailView,
  GenerationDiffView,
  GenerationView,
} from "../../../src/web/schema/generations.ts";
import { Fault, Waiting } from "../parts/answer.tsx";
import { Facts } from "../parts/facts.tsx";
import { GenerationActions } from "../parts/generation-actions.tsx";
import { GenerationDiff } from "../parts/generation-diff.tsx";
import { GenerationInside } from "../parts/generation-inside.tsx";
import {
  type GenerationsPage,
  generationsPath,
  useCurrent,
  useGenerationsVersion,
} from "../parts/host-generations.tsx";
import { Marks } from "../parts/marks.tsx";
import { Ago } from "../parts/moment.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { useAnswer, useApp, usePlace } from "../shell/app.ts";
import type { Params } from "../shell/match.ts";
import type { Page } from "../shell/page.ts";
import { badText, bootsText, generationText } from "../state/generation-words.ts";
import { bytesText, momentText } from "../state/words.ts";

export const generationPage: Page = {
  path: "/hosts/:name/generations/:number",
  title: ({ name = "", number = "" }) => `Generation ${number} of ${name}`,
  View: GenerationPageView,
};

function GenerationPageView({ params: { name = "", number = "" } }: { readonly params: Params }) {
  const version = useGenerationsVersion(name);
  const path = `${generationsPath(name)}/${encodeURIComponent(number)}`;
  const { value, error, again } = useAnswer<GenerationDetailView>(path, version);
  const all = useAnswer<GenerationsPage>(generationsPath(name), version).value?.generations ?? [];
  const current = useCurrent(name, all);
  if (error !== undefined) return <Fault error={error} again={again} />;
  if (value === undefined) return <Waiting what={`generation ${number}`} />;
  return (
    <>
      <header class="page-head">
        <h1>
          Generation {value.number} of <a href={`/hosts/${encodeURIComponent(name)}`}>{name}</a>
        </h1>
        <div class="page-state">
          <Marks generation={value} />
        </div>
        <GenerationActions host={name} generation={value} current={current} />
      </header>
      <GenerationFacts generation={value} />
      <section aria-labelledby="changed">
        <h2 id="changed">What changed</h2>
        <Changed name={name} generation={value} all={all} />
      </section>
      <section aria-labelledby="inside">
        <h2 id="inside">Inside</h2>
        <GenerationInside host={name} number={value.number} />
      </section>
      <section aria-labelledby="last-boots">
        <h2 id="last-boots">Its last boots</h2>
        <LastBoots boots={value.lastBoots} />
      </section>
    </>
  );
}

function GenerationFacts({ generation }: { readonly generation: GenerationView }) {
  const { id, label, kernel, nixos, archs, shape, path, bad, sizeBytes, closureBytes, boots } = generation;
  const { firstPublished, lastPublished } = generation;
  return (
    <Facts
      facts={[
        ["Id", <code key="id">{id}</code>],
        ["Marked bad", bad && badText(bad)],
        ["Label", label],
        ["NixOS", nixos],
        ["Linux", kernel],
        ["Processors", archs?.join(", ")],
        ["Every boot fetches", bytesText(sizeBytes)],
        ["The whole system", closureBytes === undefined ? undefined : bytesText(closureBytes)],
        ["Boots", bootsText(boots)],
        ["Published", <Ago key="ago" at={lastPublished} />],
        ["For the first time", firstPublished === lastPublished ? undefined : momentText(firstPublished)],
        ["Layout", shape],
        ["Found at", <code key="path">{path}</code>],
      ]}
    />
  );
}

interface ChangedProps {
  readonly name: string;
  readonly generation: GenerationView;
  readonly all: readonly GenerationView[];
}

function Changed({ name, generation, all }: ChangedProps) {
  const { navigation } = useApp();
  const wanted = usePlace().query.get("since") ?? "";
  const others = all.filter((each) => each.number !== generation.number);
  const since = others.some((each) => String(each.number) === wanted) ? `&from=${wanted}` : "";
  const path = `/hosts/${encodeURIComponent(name)}/diff?to=${generation.number}${since}`;
  const { value, error } = useAnswer<GenerationDiffView>(path);
  return (
    <>
      {others.length === 0 ? undefined : (
        <p>
          <label>
            Since{" "}
            <select
              value={value === undefined ? wanted : String(value.from.number)}
              onChange={({ currentTarget }) => navigation.ask({ since: currentTarget.value })}
            >
              {others.map((each) => (
                <option key={each.number} value={String(each.number)}>
                  {generationText(each)}, {momentText(each.lastPublished)}
                </option>
              ))}
            </select>
          </label>
        </p>
      )}
      {error?.status === 404 ? <p class="waiting">It is the first one.</p> : undefined}
      {error !== undefined && error.status !== 404 ? <Fault error={error} /> : undefined}
      {value === undefined ? undefined : <GenerationDiff diff={value} />}
    </>
  );
}

function LastBoots({ boots }: { readonly boots: GenerationDetailView["lastBoots"] }) {
  if (boots.length === 0) return <p class="waiting">No boot of it has ended yet.</p>;
  return (
    <table class="plain">
      <caption class="unseen">Its last boots</caption>
      <thead>
        <tr>
          <th scope="col">Began</th>
          <th scope="col">Outcome</th>
          <th scope="col">Machine</th>
        </tr>
      </thead>
      <tbody>
        {boots.map(({ session, mac, host, via, outcome, start }) => (
          <tr key={session}>
            <th scope="row">
              <a href={`/boots/${session}`} data-row>
                {momentText(start)}
              </a>
            </th>
            <td>
              <Outcome outcome={outcome} />
            </td>
            <td>{[host, mac, via === "kexec" ? "by kexec" : undefined].filter(Boolean).join(", ")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
