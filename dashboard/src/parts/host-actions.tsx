/** What can be done with a host as a whole. */

import type { PlanView } from "../../../src/web/schema/builds.ts";
import type { GenerationView } from "../../../src/web/schema/generations.ts";
import type { HostView } from "../../../src/web/schema/hosts.ts";
import type { RolloutView } from "../../../src/web/schema/rollouts.ts";
import { useMay } from "../shell/app.ts";
import type { Deed } from "../state/deed.ts";
import { namedById } from "../state/generation-words.ts";
import { buildDeed, wakeDeed } from "../state/machine-deeds.ts";
import {
  holdDeed,
  notOnceDeed,
  pinDeed,
  promoteDeed,
  releaseDeed,
  rollbackDeed,
  unpinDeed,
  whileAsShown,
} from "../state/rollout-deeds.ts";
import { DeedButton } from "./deed.tsx";

interface HostActionsProps {
  readonly host: HostView;
  readonly rollout: RolloutView | undefined;
  readonly plan: PlanView | undefined;
  /** As far as they are known here. */
  readonly generations: readonly GenerationView[];
}

export function HostActions({ host, rollout, plan, generations }: HostActionsProps) {
  const may = useMay("operate");
  if (!may) return undefined;
  const { macs, name } = host;
  const isBuilding = plan?.last?.state === "running" || plan?.last?.state === "waiting";
  return (
    <div class="actions">
      {rollout === undefined ? undefined : <RolloutActions {...{ host, rollout, generations }} />}
      {plan === undefined || isBuilding ? undefined : (
        <DeedButton deed={buildDeed(name, plan.installable)}>Build</DeedButton>
      )}
      {macs.length === 0 ? undefined : <DeedButton deed={wakeDeed(macs, name)}>Wake</DeedButton>}
    </div>
  );
}

function RolloutActions({
  host: { name, generation },
  rollout,
  generations,
}: Pick<HostActionsProps, "host" | "generations"> & { readonly rollout: RolloutView }) {
  const whom = { name };
  const asShown = (deed: Deed) => whileAsShown(deed, [rollout]);
  const { candidate, newest, bad, pin, heldBy, once } = rollout;
  const condemned = bad.findLast((each) => each.generation === newest)?.reason;
  const promotable = candidate ?? (condemned === undefined ? undefined : newest);
  const current = generations.find((each) => each.id === generation?.id);
  return (
    <>
      {generation === undefined || pin !== undefined ? undefined : (
        <DeedButton deed={asShown(rollbackDeed(whom, undefined, current))}>Roll back</DeedButton>
      )}
      {promotable === undefined ? undefined : (
        <DeedButton deed={asShown(promoteDeed(whom, namedById(promotable, generations), condemned))}>
          Promote
        </DeedButton>
      )}
      {pin !== undefined ? (
        <DeedButton deed={unpinDeed(whom)}>Unpin</DeedButton>
      ) : generation === undefined ? undefined : (
        <DeedButton deed={asShown(pinDeed(whom, current))}>Pin</DeedButton>
      )}
      {heldBy.includes("host") ? (
        <DeedButton deed={releaseDeed(whom)}>Release</DeedButton>
      ) : (
        <DeedButton deed={holdDeed(whom)}>Hold</DeedButton>
      )}
      {once.map(({ generation: id, mac, taken }) =>
        taken ? undefined : (
          <DeedButton key={`${mac} ${id}`} deed={notOnceDeed(name, namedById(id, generations), mac)}>
            Not once
          </DeedButton>
        ),
      )}
    </>
  );
}
