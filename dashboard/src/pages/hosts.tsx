/** `/`: every host, with what it runs, what it runs next and how its last boot went. */

import { useMemo } from "preact/hooks";
import { Empty, Waiting } from "../parts/answer.tsx";
import { HostLine } from "../parts/host-line.tsx";
import { OpenRollouts } from "../parts/rollout-panel.tsx";
import { SearchBox } from "../parts/search-box.tsx";
import { useRowWindow } from "../parts/window-list.ts";
import { useApp, usePlace, useSelect } from "../shell/app.ts";
import type { Page } from "../shell/page.ts";
import {
  chosenHosts,
  countKinds,
  HOST_KINDS,
  type HostKind,
  type HostOrder,
  type HostRow,
  hostRows,
} from "../state/host-state.ts";

export const hostsPage: Page = { path: "/", menu: "Hosts", title: () => "Hosts", View: HostsView };

const KINDS: Readonly<Record<HostKind, string>> = {
  attention: "Need attention",
  booting: "Booting",
  running: "Running",
  quiet: "Not booted yet",
};

const ROW_PX = 52;

function HostsView() {
  const state = useSelect((now) => now);
  const { query } = usePlace();
  const { hosts, boots, underWay } = state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the state only these three.
  const rows = useMemo(() => hostRows(state), [hosts, boots, underWay]);
  const text = query.get("q") ?? "";
  const kind = HOST_KINDS.find((each) => each === query.get("show"));
  const order = ORDERS.find((each) => each === query.get("by")) ?? "state";
  const chosen = useMemo(() => chosenHosts(rows, { text, kind, order }), [rows, text, kind, order]);
  if (hosts === undefined) return <Waiting what="hosts" />;
  if (hosts.size === 0) return <NoHosts />;
  return (
    <>
      <h1 class="unseen">Hosts</h1>
      <OpenRollouts />
      <Choice rows={rows} text={text} kind={kind} />
      {chosen.length === 0 ? (
        <p class="waiting">No host is like that.</p>
      ) : (
        <HostTable rows={chosen} order={order} />
      )}
    </>
  );
}

const ORDERS: readonly HostOrder[] = ["state", "name", "boot"];

interface ChoiceProps {
  readonly rows: readonly HostRow[];
  readonly text: string;
  readonly kind: HostKind | undefined;
}

function Choice({ rows, text, kind }: ChoiceProps) {
  const { navigation } = useApp();
  const counts = countKinds(rows);
  const button = (of: HostKind | undefined, name: string, count: number) => (
    <button
      type="button"
      key={name}
      class={`chip ${of ?? "all"}`}
      aria-pressed={kind === of}
      onClick={() => navigation.ask({ show: of })}
    >
      {name} <span class="count">{count}</span>
    </button>
  );
  return (
    <search class="choice">
      <fieldset class="chips">
        <legend class="unseen">Show</legend>
        {button(undefined, "All", rows.length)}
        {HOST_KINDS.map((each) => button(each, KINDS[each], counts[each]))}
      </fieldset>
      <SearchBox label="Search hosts" text={text} onText={(q) => navigation.ask({ q })} />
    </search>
  );
}

function HostTable({ rows, order }: { readonly rows: readonly HostRow[]; readonly order: HostOrder }) {
  const { holder, first, end, style } = useRowWindow<HTMLTableSectionElement>(rows.length, ROW_PX);
  return (
    <table class="list hosts" aria-rowcount={rows.length + 1}>
      <caption class="unseen">Hosts</caption>
      <thead>
        <tr>
          <Heading name="Host" by="name" order={order} />
          <Heading name="State" by="state" order={order} />
          <th scope="col">Runs now</th>
          <th scope="col">Boots next</th>
          <Heading name="Last boot" by="boot" order={order} />
        </tr>
      </thead>
      <tbody ref={holder} style={style}>
        {rows.slice(first, end).map((row, index) => (
          <HostLine key={row.host.name} row={row} index={first + index + 2} />
        ))}
      </tbody>
    </table>
  );
}

interface HeadingProps {
  readonly name: string;
  readonly by: HostOrder;
  readonly order: HostOrder;
}

function Heading({ name, by, order }: HeadingProps) {
  const { navigation } = useApp();
  const sort = by === "boot" ? "descending" : "ascending";
  return (
    <th scope="col" aria-sort={by === order ? sort : undefined}>
      <button
        type="button"
        class="quiet"
        onClick={() => navigation.ask({ by: by === "state" ? undefined : by })}
      >
        {name}
      </button>
    </th>
  );
}

function NoHosts() {
  return (
    <Empty title="No host yet">
      <p>A host is a name with an image. Put what a nix build made where its name is:</p>
      <pre>nix build -o boot-media/hosts/NAME .#NAME</pre>
      <p>
        or try it with one image for every machine: <code>mayfly serve ./result</code>. What has asked already
        is among the <a href="/machines">machines</a>.
      </p>
    </Empty>
  );
}
