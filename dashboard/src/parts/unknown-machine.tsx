/** A machine that no host names: what it is, whether it waits, and who it may be. */

import type { MachineView } from "../../../src/web/schema/machines.ts";
import { useMay } from "../shell/app.ts";
import { forgetDeed } from "../state/machine-deeds.ts";
import { isWaiting, whatText } from "../state/machine-list.ts";
import { ApproveButton } from "./approve.tsx";
import { DeedButton } from "./deed.tsx";
import { Facts } from "./facts.tsx";
import { Ago } from "./moment.tsx";
import { Sign } from "./outcome.tsx";

interface UnknownMachineProps {
  readonly machine: MachineView;
  readonly nowMs: number;
  readonly onDone: () => void;
}

export function UnknownMachine({ machine, nowMs, onDone }: UnknownMachineProps) {
  const may = useMay("operate");
  const { mac, told, visits, lastSeen, approved } = machine;
  const waits = isWaiting(machine, nowMs);
  return (
    <section class={waits ? "panel unknown waits" : "panel unknown"} aria-label={`Machine ${mac}`}>
      <div class="panel-head">
        <h3>
          <a href={`/machines/${mac}`} data-row>
            {mac}
          </a>
        </h3>
        {waits ? (
          <Sign tone="busy" text="Waits at its screen" />
        ) : (
          <Sign tone="calm" text={`Was told ${told.text}`} />
        )}
        {may ? (
          <div class="actions">
            <ApproveButton machine={machine} onDone={onDone} class={waits ? "primary" : ""} />
            <DeedButton deed={forgetDeed(machine)} label={`Forget ${mac}`} onDone={onDone}>
              Forget
            </DeedButton>
          </div>
        ) : undefined}
      </div>
      <p class="what">
        {whatText(machine) || "It has not said what it is"}
        {approved === undefined ? "" : `; approved as ${approved}, which does not count`}
      </p>
      <Facts
        facts={[
          ["Serial number", machine.serial],
          ["Architecture", [machine.arch, machine.platform].filter(Boolean).join(", ")],
          ["Network card", [machine.nic, machine.vendor].filter(Boolean).join(", ")],
          ["Address", machine.address],
          ["UUID", machine.uuid],
          ["Asset", machine.asset],
          ["Came", visits === 1 ? "once" : `${visits} times`],
          ["Last seen", <Ago key="ago" at={lastSeen} />],
        ]}
      />
    </section>
  );
}
