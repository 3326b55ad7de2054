/** Machines that are hosts, one a line. */

import type { MachineView } from "../../../src/web/schema/machines.ts";
import { whatText } from "../state/machine-list.ts";
import { Ago } from "./moment.tsx";
import { useRowWindow } from "./window-list.ts";

const ROW_PX = 52;

export function MachineTable({ machines }: { readonly machines: readonly MachineView[] }) {
  const { holder, first, end, style } = useRowWindow<HTMLTableSectionElement>(machines.length, ROW_PX);
  return (
    <table class="list machines" aria-rowcount={machines.length + 1}>
      <caption class="unseen">Machines that are hosts</caption>
      <thead>
        <tr>
          <th scope="col">Machine</th>
          <th scope="col">Host</th>
          <th scope="col">Last seen</th>
          <th scope="col">Is</th>
          <th scope="col">Was told</th>
        </tr>
      </thead>
      <tbody ref={holder} style={style}>
        {machines.slice(first, end).map((machine, index) => (
          <Line key={machine.mac} machine={machine} index={first + index + 2} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ machine, index }: { readonly machine: MachineView; readonly index: number }) {
  const { mac, host = "", approved, address, lastSeen, visits, arch, serial, told } = machine;
  return (
    <tr aria-rowindex={index}>
      <th scope="row">
        <a href={`/machines/${mac}`} data-row>
          {mac}
        </a>
        <span class="under">{address}</span>
      </th>
      <td>
        <a href={`/hosts/${encodeURIComponent(host)}`}>{host}</a>
        <span class="under">{approved === host ? "approved" : ""}</span>
      </td>
      <td>
        <Ago at={lastSeen} />
        <span class="under">{visits === 1 ? "came once" : `came ${visits} times`}</span>
      </td>
      <td>
        {whatText(machine)}
        <span class="under">{[arch, serial].filter(Boolean).join(", ")}</span>
      </td>
      <td>{told.text}</td>
    </tr>
  );
}
