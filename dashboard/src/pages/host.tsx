/** `/hosts/:name`: one host, what it gets, and how it has booted. */

import type { SessionRow } from "../../../src/web/schema/sessions.ts";
import { Empty, Fault, Waiting } from "../parts/answer.tsx";
import { HostHistory } from "../parts/boot-history.tsx";
import { BootTable } from "../parts/boot-table.tsx";
import { BuildPanel, usePlan } from "../parts/build-panel.tsx";
import { Facts } from "../parts/facts.tsx";
import { GenerationName } from "../parts/generation-name.tsx";
import { HostActions } from "../parts/host-actions.tsx";
import { HostGenerations, useHostGenerations } from "../parts/host-generations.tsx";
import { HostState } from "../parts/host-line.tsx";
import { Ago } from "../parts/moment.tsx";
import { HostRollout, useRollouts } from "../parts/rollout-panel.tsx";
import { useAnswer, useSelect } from "../shell/app.ts";
import type { Params } from "../shell/match.ts";
import type { Page } from "../shell/page.ts";
import { withNews } from "../state/boot-list.ts";
import { bootOfHost } from "../state/boot-of-host.ts";
import { systemText } from "../state/generation-words.ts";
import { type HostRow, hostRow } from "../state/host-state.ts";
import { nameInStore } from "../state/words.ts";

export const hostPage: Page = {
  path: "/hosts/:name",
  title: ({ name = "" }) => name,
  View: HostPageView,
};

const BOOTS = 20;

function HostPageView({ params: { name = "" } }: { readonly params: Params }) {
  const host = useSelect((state) => state.hosts?.get(name));
  const isLoaded = useSelect((state) => state.hosts !== undefined);
  const boot = useSelect((state) => bootOfHost(state, name));
  const rollout = useRollouts(name)?.[0];
  const plan = usePlan(name);
  const generations = useHostGenerations(name);
  if (!isLoaded) return <Waiting what={name} />;
  if (host === undefined)
    return (
      <Empty title={`There is no host ${name}`}>
        <p>
          It may have been removed. <a href="/">All hosts</a> are on the first page.
        </p>
      </Empty>
    );
  const row = hostRow(host, boot);
  return (
    <>
      <header class="page-head">
        <h1>{name}</h1>
        <div class="page-state">
          <HostState row={row} />
        </div>
        <HostActions
          host={host}
          rollout={rollout}
          plan={plan}
          generations={generations.value?.generations ?? []}
        />
      </header>
      {row.about === undefined ? undefined : <p class="about">{row.about}</p>}
      {rollout === undefined ? undefined : <HostRollout rollout={rollout} />}
      <NowAndNext row={row} />
      <HostFacts row={row} />
      <section aria-labelledby="generations">
        <h2 id="generations">Generations</h2>
        <HostGenerations name={name} answer={generations} />
      </section>
      {plan === undefined ? undefined : <BuildPanel plan={plan} />}
      <HostHistory name={name} />
      <section aria-labelledby="boots">
        <h2 id="boots">Boots</h2>
        <HostBoots name={name} />
      </section>
    </>
  );
}

function NowAndNext({ row: { host, runs, boot } }: { readonly row: HostRow }) {
  const { generation, because, lastBoot, trouble } = host;
  const isUp = runs !== undefined && boot === undefined && lastBoot !== undefined;
  return (
    <div class="now-next">
      <section class="card" aria-label="Runs now">
        <h2>Runs now</h2>
        {isUp ? (
          <GenerationText id={runs} nixos={lastBoot.nixos} kernel={lastBoot.kernel} />
        ) : (
          <p class="none">nothing that we know of</p>
        )}
        {isUp ? (
          <p class="under">
            for <Ago at={lastBoot.last} isPast={false} />
          </p>
        ) : undefined}
      </section>
      <section class="card" aria-label="Boots next">
        <h2>Boots next</h2>
        {generation === undefined ? (
          <p class="none">nothing: there is no image yet</p>
        ) : (
          <GenerationText {...generation} />
        )}
        {generation !== undefined && isUp && generation.id !== runs ? (
          <p class="other">another than what runs</p>
        ) : undefined}
        {because === undefined ? undefined : <p>because {because}</p>}
        {generation?.limit === undefined ? undefined : <p class="under">{generation.limit}</p>}
        {trouble === undefined ? undefined : <p class="other">a newer image is not served: {trouble}</p>}
      </section>
    </div>
  );
}

interface GenerationTextProps {
  readonly id: string;
  readonly nixos?: string | undefined;
  readonly kernel?: string | undefined;
}

function GenerationText({ id, nixos, kernel }: GenerationTextProps) {
  const versions = systemText({ nixos, kernel });
  return (
    <p>
      {versions}
      <span class={versions === "" ? undefined : "under"}>
        <GenerationName id={id} /> {nameInStore(id) ?? ""}
      </span>
    </p>
  );
}

function HostFacts({ row: { host } }: { readonly row: HostRow }) {
  const { macs, uuids, serials, image, approved, lastSeen, isDefault } = host;
  return (
    <Facts
      facts={[
        ["Image", image === host.name ? undefined : image],
        ["MAC", macs.map((mac) => (approved.includes(mac) ? `${mac} (approved)` : mac)).join(", ")],
        ["UUID", uuids.join(", ")],
        ["Serial number", serials.join(", ")],
        ["Address", host.lastBoot?.address],
        ["For", isDefault ? "every machine that nothing else matches" : undefined],
        ["Last seen", lastSeen && <Ago at={lastSeen} />],
      ]}
    />
  );
}

function HostBoots({ name }: { readonly name: string }) {
  const live = useSelect((state) => state.boots);
  const version = useSelect((state) => state.loads);
  const path = `/sessions?host=${encodeURIComponent(name)}&limit=${BOOTS}`;
  const { value, error, again } = useAnswer<{ sessions: readonly SessionRow[] }>(path, version);
  if (error !== undefined) return <Fault error={error} again={again} />;
  if (value === undefined) return <Waiting what="boots" />;
  const boots = withNews(value.sessions, live.values(), { host: name });
  if (boots.length === 0) return <p class="waiting">It has not booted yet.</p>;
  return (
    <>
      <BootTable boots={boots} isOfOne />
      <p class="more">
        <a href={`/boots?who=${encodeURIComponent(name)}`}>All of its boots</a>
      </p>
    </>
  );
}
