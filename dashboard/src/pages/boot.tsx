/** `/boots/:id`: one boot, what is wrong with it, and its stages against time. */

import type { SessionDetail } from "../../../src/web/schema/sessions.ts";
import { Fault, Waiting } from "../parts/answer.tsx";
import { BootFacts, CheckInReport } from "../parts/boot-facts.tsx";
import { Console } from "../parts/console-lines.tsx";
import { Diagnoses } from "../parts/diagnoses.tsx";
import { OtherServers } from "../parts/other-servers.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { Waterfall } from "../parts/waterfall.tsx";
import { useAnswer, useSelect } from "../shell/app.ts";
import type { Params } from "../shell/match.ts";
import type { Page } from "../shell/page.ts";
import { detailNow } from "../state/boot-detail.ts";
import { momentText } from "../state/words.ts";

export const bootPage: Page = {
  path: "/boots/:id",
  title: ({ id = "" }) => `Boot ${id}`,
  View: BootPageView,
};

function BootPageView({ params: { id = "" } }: { readonly params: Params }) {
  const live = useSelect((state) => state.boots.get(id));
  const loads = useSelect((state) => state.loads);
  // What became of it, and what is wrong with it, the server knows best.
  const version = `${loads} ${live?.outcome} ${live?.diagnosis?.code}`;
  const { value, error, again } = useAnswer<SessionDetail>(`/sessions/${id}`, version);
  if (error !== undefined) return <Fault error={error} again={again} />;
  if (value === undefined) return <Waiting what="the boot" />;
  const boot = detailNow(value, live);
  const { host, mac, start, outcome } = boot;
  return (
    <>
      <header class="page-head">
        <h1>
          {host === undefined ? mac : <a href={`/hosts/${encodeURIComponent(host)}`}>{host}</a>}{" "}
          <span class="when">{momentText(start)}</span>
        </h1>
        <div class="page-state" aria-live="polite">
          <Outcome outcome={outcome} />
        </div>
      </header>
      <Diagnoses diagnoses={boot.diagnoses} isUp={outcome === "checked-in"} />
      <section aria-labelledby="stages">
        <h2 id="stages">Stages</h2>
        <Waterfall boot={boot} rate={live?.bytesPerSecond} />
      </section>
      <CheckInReport boot={boot} />
      <Console boot={boot} onMissed={again} />
      <OtherServers servers={boot.otherServers} />
      <section aria-labelledby="facts">
        <h2 id="facts">What booted</h2>
        <BootFacts boot={boot} />
      </section>
    </>
  );
}
