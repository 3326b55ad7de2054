/** A rollout that is under way: what is new, who tries it, whom it waits for, and what can be done about it. */

import type { RolloutView } from "../../../src/web/schema/rollouts.ts";
import { useAnswer, useMay, useSelect } from "../shell/app.ts";
import { useCalm } from "../shell/use-calm.ts";
import { type Deed, listText } from "../state/deed.ts";
import { holdDeed, promoteDeed, releaseDeed, rollbackDeed, whileAsShown } from "../state/rollout-deeds.ts";
import {
  type RolloutPanel,
  rolloutPanels,
  trialText,
  waitText,
  worthTelling,
} from "../state/rollout-state.ts";
import { nameInStore, shortId } from "../state/words.ts";
import { DeedButton } from "./deed.tsx";
import { GenerationName } from "./generation-name.tsx";
import { Ago } from "./moment.tsx";
import { Sign, type Tone } from "./outcome.tsx";

const CALM_MS = 1000;

interface Rollouts {
  readonly rollouts: readonly RolloutView[];
}

/** Of a host or a group; without a name those that are under way or held. */
export function useRollouts(name?: string): readonly RolloutView[] | undefined {
  const version = useCalm(
    useSelect(({ generationsVersion }) => generationsVersion),
    CALM_MS,
  );
  const path = name === undefined ? "/rollouts?open=true" : `/rollouts/${encodeURIComponent(name)}`;
  return useAnswer<Rollouts>(path, version).value?.rollouts;
}

/** Those of which a person may want to know on the first page: of groups, and what waits for somebody. */
export function OpenRollouts() {
  const rollouts = useRollouts();
  const panels = worthTelling(rolloutPanels(rollouts ?? []));
  if (panels.length === 0) return undefined;
  return (
    <div class="rollouts">
      {panels.map((panel) => (
        <Panel key={panel.whom.name} panel={panel} isSteered />
      ))}
    </div>
  );
}

/** The one that a host has a part in; what can be done about a host alone stands above it. */
export function HostRollout({ rollout }: { readonly rollout: RolloutView }) {
  const group = useRollouts(rollout.group ?? rollout.host);
  const [panel] = worthTelling(rolloutPanels(group ?? [rollout]));
  return panel === undefined ? undefined : <Panel panel={panel} isSteered={panel.whom.hosts !== undefined} />;
}

const TONES: Readonly<Record<RolloutPanel["trials"][number]["state"], Tone>> = {
  reserved: "busy",
  given: "busy",
  "handed-over": "busy",
  back: "warn",
  good: "good",
};

interface PanelProps {
  readonly panel: RolloutPanel;
  /** Whether it says what can be done about it. */
  readonly isSteered: boolean;
}

function Panel({ panel, isSteered }: PanelProps) {
  const { whom, candidates, canaries, trials, waiting, isHeld, heldHosts } = panel;
  const what = whom.hosts === undefined ? "Rollout of" : "Rollout of the group";
  return (
    <section class="panel" aria-label={`${what} ${whom.name}`}>
      <div class="panel-head">
        <h2>
          {what} {whom.hosts === undefined ? <HostLink name={whom.name} /> : whom.name}
        </h2>
        {isHeld ? <Sign tone="warn" text="Held" /> : undefined}
        {isSteered ? <PanelActions panel={panel} /> : undefined}
      </div>
      <p>
        {candidates.map((id) => (
          <span key={id} class="candidate">
            <GenerationName id={id} /> {nameInStore(id)}
          </span>
        ))}
        {waitText(panel)}
      </p>
      {canaries === undefined ? undefined : (
        <progress
          class="canaries"
          max={canaries.wanted}
          value={canaries.good}
          aria-label={`Canaries that are up: ${canaries.good} of ${canaries.wanted}`}
        />
      )}
      {trials.length === 0 ? undefined : (
        <ul class="trials">
          {trials.map((trial) => (
            <li key={trial.mac}>
              <Sign tone={TONES[trial.state]} text={trial.isCanary ? "Canary" : "Tries it"} />{" "}
              <HostLink name={trial.host} /> {trial.mac} {trialText(trial)}, <Ago at={trial.since} />
            </li>
          ))}
        </ul>
      )}
      {waiting.length === 0 ? undefined : (
        <p class="fine">Meanwhile {listText(waiting, 6)} get what is proven.</p>
      )}
      {heldHosts.length === 0 ? undefined : <HeldHosts names={heldHosts} />}
    </section>
  );
}

/** Each is released where it was held: on its own page. */
function HeldHosts({ names }: { readonly names: readonly string[] }) {
  return (
    <p class="fine">
      Held {names.length === 1 ? "by itself" : "each by itself"}, until it is released on its own page:
      {names.map((name, at) => (
        <span key={name}>
          {at === 0 ? " " : ", "}
          <HostLink name={name} />
        </span>
      ))}
      .
    </p>
  );
}

function HostLink({ name }: { readonly name: string }) {
  return <a href={`/hosts/${encodeURIComponent(name)}`}>{name}</a>;
}

function PanelActions({ panel: { whom, candidates, isHeld, rollouts } }: { readonly panel: RolloutPanel }) {
  const may = useMay("operate");
  if (!may) return undefined;
  const asShown = (deed: Deed) => whileAsShown(deed, rollouts);
  const [first] = candidates;
  const what =
    first === undefined
      ? undefined
      : candidates.length === 1
        ? `generation ${shortId(first)}`
        : "the new generation of each";
  return (
    <div class="actions">
      {what === undefined ? undefined : (
        <>
          <DeedButton deed={asShown(promoteDeed(whom, what))}>Promote</DeedButton>
          <DeedButton deed={asShown(rollbackDeed(whom))}>Roll back</DeedButton>
        </>
      )}
      {isHeld ? (
        <DeedButton deed={releaseDeed(whom)}>Release</DeedButton>
      ) : (
        <DeedButton deed={holdDeed(whom)}>Hold</DeedButton>
      )}
    </div>
  );
}
