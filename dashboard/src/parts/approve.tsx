/** Says which host a machine is: one that there is, or a new name. */

import { useId, useState } from "preact/hooks";
import type { MachineView } from "../../../src/web/schema/machines.ts";
import { useApp, useSelect } from "../shell/app.ts";
import { approveDeed } from "../state/machine-deeds.ts";
import { nameFault, whatText } from "../state/machine-list.ts";
import { DeedDialog } from "./deed.tsx";

interface ApproveProps {
  readonly machine: MachineView;
  readonly onDone?: () => void;
  readonly class?: string;
}

export function ApproveButton({ machine, onDone, class: kind }: ApproveProps) {
  const { open } = useApp();
  const ask = () => open((close) => <ApproveDialog machine={machine} onDone={onDone} onClose={close} />);
  return (
    <button
      type="button"
      class={kind}
      aria-haspopup="dialog"
      aria-label={`Approve … ${machine.mac}`}
      onClick={ask}
    >
      Approve …
    </button>
  );
}

interface ApproveDialogProps {
  readonly machine: MachineView;
  readonly onDone: (() => void) | undefined;
  readonly onClose: () => void;
}

function ApproveDialog({ machine, onDone, onClose }: ApproveDialogProps) {
  const hosts = useSelect((state) => state.hosts);
  const [name, setName] = useState(machine.approved ?? "");
  const id = useId();
  const fault = nameFault(name);
  const host = hosts?.get(name);
  const hasImage = host === undefined ? undefined : host.generation !== undefined;
  const deed = approveDeed(machine, name, hasImage);
  const isNamed = name !== "" && fault === undefined;
  const said = [whatText(machine), machine.serial && `serial number ${machine.serial}`, machine.address];
  return (
    <DeedDialog
      deed={isNamed ? deed : { ...deed, says: [] }}
      isIncomplete={!isNamed}
      onDone={onDone}
      onClose={onClose}
    >
      <p class="fine">{said.filter(Boolean).join(", ")}</p>
      <div class="field">
        <label for={id}>It is the host</label>
        <input
          id={id}
          list={`${id}-hosts`}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-describedby={`${id}-fault`}
          aria-invalid={fault !== undefined}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value.trim())}
        />
        <datalist id={`${id}-hosts`}>
          {[...(hosts?.values() ?? [])].map((host) => (
            <option key={host.name} value={host.name}>
              {host.macs.length === 0 ? "has no machine yet" : host.macs.join(", ")}
            </option>
          ))}
        </datalist>
        <span id={`${id}-fault`} class="field-fault">
          {fault}
        </span>
      </div>
    </DeedDialog>
  );
}
