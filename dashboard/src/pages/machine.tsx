/** `/machines/:mac`: one machine, its boots, and its log as it goes on. */

import type { MachineView } from "../../../src/web/schema/machines.ts";
import type { SessionRow } from "../../../src/web/schema/sessions.ts";
import { Fault, Waiting } from "../parts/answer.tsx";
import { ApproveButton } from "../parts/approve.tsx";
import { BootTable } from "../parts/boot-table.tsx";
import { DeedButton } from "../parts/deed.tsx";
import { Facts } from "../parts/facts.tsx";
import { LogView } from "../parts/log-view.tsx";
import { Ago } from "../parts/moment.tsx";
import { Sign } from "../parts/outcome.tsx";
import { useMachinesVersion } from "../parts/use-machines.ts";
import { useAnswer, useApp, useMay, useNow, useSelect } from "../shell/app.ts";
import { useMachineLog } from "../shell/machine-log.ts";
import type { Params } from "../shell/match.ts";
import type { Page } from "../shell/page.ts";
import { withNews } from "../state/boot-list.ts";
import { forgetDeed, unapproveDeed, wakeDeed } from "../state/machine-deeds.ts";
import { isWaiting, whatText } from "../state/machine-list.ts";
import { momentText } from "../state/words.ts";

export const machinePage: Page = {
  path: "/machines/:mac",
  title: ({ mac = "" }) => mac,
  View: MachinePageView,
};

const BOOTS = 10;

function MachinePageView({ params: { mac = "" } }: { readonly params: Params }) {
  const version = useMachinesVersion();
  const { value, error, again } = useAnswer<MachineView>(`/machines/${encodeURIComponent(mac)}`, version);
  const log = useMachineLog(mac);
  if (value === undefined && error === undefined) return <Waiting what={mac} />;
  return (
    <>
      {value === undefined ? <h1>{mac}</h1> : <MachineHead machine={value} onDone={again} />}
      {error === undefined ? undefined : <Fault error={error} again={again} />}
      {value === undefined ? undefined : <MachineFacts machine={value} />}
      <section aria-labelledby="log">
        <h2 id="log">Log</h2>
        <LogView log={log} name={mac} />
      </section>
      <section aria-labelledby="boots">
        <h2 id="boots">Boots</h2>
        <MachineBoots mac={value?.mac ?? mac} />
      </section>
    </>
  );
}

interface MachineHeadProps {
  readonly machine: MachineView;
  readonly onDone: () => void;
}

function MachineHead({ machine, onDone }: MachineHeadProps) {
  const { navigation } = useApp();
  const may = useMay("operate");
  const nowMs = useNow(5000);
  const { mac, host, approved, told } = machine;
  const waits = isWaiting(machine, nowMs);
  return (
    <header class="page-head">
      <h1>
        {mac}{" "}
        {host === undefined ? undefined : (
          <span class="when">
            is <a href={`/hosts/${encodeURIComponent(host)}`}>{host}</a>
          </span>
        )}
      </h1>
      <div class="page-state">
        {waits ? (
          <Sign tone="busy" text="Waits at its screen" />
        ) : (
          <Sign tone={host === undefined ? "warn" : "calm"} text={`Was told ${told.text}`} />
        )}
      </div>
      {may ? (
        <div class="actions">
          <ApproveButton machine={machine} onDone={onDone} class={waits ? "primary" : ""} />
          {approved === undefined ? undefined : (
            <DeedButton deed={unapproveDeed(machine)} onDone={onDone}>
              Take approval back
            </DeedButton>
          )}
          <DeedButton deed={wakeDeed([mac])}>Wake</DeedButton>
          <DeedButton deed={forgetDeed(machine)} onDone={() => navigation.go("/machines")}>
            Forget
          </DeedButton>
        </div>
      ) : undefined}
    </header>
  );
}

function MachineFacts({ machine }: { readonly machine: MachineView }) {
  const { approved, host, firstSeen, lastSeen, visits } = machine;
  return (
    <Facts
      facts={[
        ["Is", whatText(machine)],
        ["Approved as", approved === host ? approved : approved && `${approved}, which does not count`],
        ["Serial number", machine.serial],
        ["UUID", machine.uuid],
        ["Asset", machine.asset],
        ["Architecture", [machine.arch, machine.platform].filter(Boolean).join(", ")],
        ["Network card", [machine.nic, machine.vendor].filter(Boolean).join(", ")],
        ["Address", machine.address],
        ["Our interface", machine.interface],
        ["Came", visits === 1 ? "once" : `${visits} times`],
        ["Last seen", <Ago key="last" at={lastSeen} />],
        ["First seen", momentText(firstSeen)],
      ]}
    />
  );
}

function MachineBoots({ mac }: { readonly mac: string }) {
  const live = useSelect((state) => state.boots);
  const version = useSelect((state) => state.loads);
  const path = `/sessions?mac=${encodeURIComponent(mac)}&limit=${BOOTS}`;
  const { value, error, again } = useAnswer<{ sessions: readonly SessionRow[] }>(path, version);
  if (error !== undefined) return <Fault error={error} again={again} />;
  if (value === undefined) return <Waiting what="boots" />;
  const boots = withNews(value.sessions, live.values(), { mac });
  if (boots.length === 0) return <p class="waiting">It has not booted yet.</p>;
  return (
    <>
      <BootTable boots={boots} isOfOne />
      <p class="more">
        <a href={`/boots?who=${encodeURIComponent(mac)}`}>All of its boots</a>
      </p>
    </>
  );
}
