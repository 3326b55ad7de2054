/** The last build of a host: how far it is, or what became of it. */

import type { BuildView, PlanView } from "../../../src/web/schema/builds.ts";
import { useAnswer, useMay, useSelect } from "../shell/app.ts";
import { useCalm } from "../shell/use-calm.ts";
import { stopBuildDeed } from "../state/machine-deeds.ts";
import { DeedButton } from "./deed.tsx";
import { Ago } from "./moment.tsx";
import { Sign, type Tone } from "./outcome.tsx";

const CALM_MS = 1000;

/** What is built for a host; `undefined`: it has no flake, or nobody knows yet. */
export function usePlan(name: string): PlanView | undefined {
  const version = useCalm(
    useSelect(({ generationsVersion }) => generationsVersion),
    CALM_MS,
  );
  const { value } = useAnswer<{ readonly hosts: readonly PlanView[] }>(
    `/builds?host=${encodeURIComponent(name)}`,
    version,
  );
  return value?.hosts[0];
}

const STATES: Readonly<Record<BuildView["state"], readonly [tone: Tone, text: string]>> = {
  waiting: ["busy", "Waits"],
  running: ["busy", "Builds"],
  built: ["good", "Built"],
  failed: ["bad", "Failed"],
  "timed-out": ["bad", "Timed out"],
  cancelled: ["calm", "Called off"],
  interrupted: ["warn", "Interrupted"],
};

export function BuildPanel({ plan }: { readonly plan: PlanView }) {
  const may = useMay("operate");
  const { host, installable, last, next } = plan;
  const isUnderWay = last?.state === "running" || last?.state === "waiting";
  return (
    <section aria-labelledby="build">
      <h2 id="build">Build</h2>
      <p>
        From <code class="long">{installable}</code>
        {next === undefined ? "" : `, next at ${new Date(next).toLocaleString()}`}
      </p>
      {last === undefined ? <p class="waiting">It was not built here yet.</p> : <BuildState build={last} />}
      {isUnderWay && may ? <DeedButton deed={stopBuildDeed(host)}>Call off</DeedButton> : undefined}
    </section>
  );
}

function BuildState({ build }: { readonly build: BuildView }) {
  const { state, text, trouble, cure, log, queued, end, progress } = build;
  const [tone, word] = STATES[state];
  const builds = progress?.builds;
  return (
    <div aria-live="polite">
      <p>
        <Sign tone={tone} text={word} /> {text} <Ago at={end ?? queued} />
      </p>
      {builds === undefined || builds.expected === 0 || end !== undefined ? undefined : (
        <progress
          class="canaries"
          max={builds.expected}
          value={builds.done}
          aria-label="Built of what is needed"
        />
      )}
      {trouble === undefined ? undefined : (
        <div class="fault">
          <strong>{trouble}</strong>
          {cure === undefined ? undefined : <p>{cure}</p>}
        </div>
      )}
      {log.length === 0 ? undefined : (
        <details>
          <summary>The end of its log</summary>
          <pre class="log">{log.join("\n")}</pre>
        </details>
      )}
    </div>
  );
}
