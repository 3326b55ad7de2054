/** `/machines`: every machine that has asked, those first that nobody knows. */

import { Empty, Fault, Waiting } from "../parts/answer.tsx";
import { MachineTable } from "../parts/machine-table.tsx";
import { SearchBox } from "../parts/search-box.tsx";
import { UnknownMachine } from "../parts/unknown-machine.tsx";
import { useMachines } from "../parts/use-machines.ts";
import { useApp, useNow, usePlace } from "../shell/app.ts";
import type { Page } from "../shell/page.ts";
import { machineLists } from "../state/machine-list.ts";

export const machinesPage: Page = {
  path: "/machines",
  menu: "Machines",
  title: () => "Machines",
  View: MachinesView,
};

/** More of them would fill the page before anybody has read the first. */
const MAX_SHOWN = 50;

function MachinesView() {
  const { value, error, again } = useMachines();
  const nowMs = useNow(5000);
  const { navigation } = useApp();
  const text = usePlace().query.get("q") ?? "";
  if (error !== undefined) return <Fault error={error} again={again} />;
  if (value === undefined) return <Waiting what="machines" />;
  if (value.length === 0) return <NoMachines />;
  const { unknown, known } = machineLists(value, text, nowMs);
  return (
    <>
      <h1 class="unseen">Machines</h1>
      <search class="choice">
        <span class="fine">
          {value.length} {value.length === 1 ? "machine has" : "machines have"} asked
        </span>
        <SearchBox label="Search machines" text={text} onText={(q) => navigation.ask({ q })} />
      </search>
      <section aria-labelledby="unknown">
        <h2 id="unknown">
          Not known <span class="count">{unknown.length}</span>
        </h2>
        {unknown.length === 0 ? (
          <p class="waiting">Every machine {text === "" ? "" : "like that "}is a host.</p>
        ) : undefined}
        <div class="unknowns">
          {unknown.slice(0, MAX_SHOWN).map((machine) => (
            <UnknownMachine key={machine.mac} machine={machine} nowMs={nowMs} onDone={again} />
          ))}
        </div>
        {unknown.length > MAX_SHOWN ? (
          <p class="fine">And {unknown.length - MAX_SHOWN} more: search for the one that is meant.</p>
        ) : undefined}
      </section>
      <section aria-labelledby="known">
        <h2 id="known">
          Hosts <span class="count">{known.length}</span>
        </h2>
        {known.length === 0 ? (
          <p class="waiting">No machine {text === "" ? "" : "like that "}is a host yet.</p>
        ) : (
          <MachineTable machines={known} />
        )}
      </section>
    </>
  );
}

function NoMachines() {
  return (
    <Empty title="No machine has asked yet">
      <p>
        Switch one on that boots from the network. When nothing shows here, <code>mayfly doctor</code> looks
        why.
      </p>
    </Empty>
  );
}
