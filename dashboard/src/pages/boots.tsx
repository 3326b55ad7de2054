/** `/boots`: how machines have booted, the last one first. */

import { useState } from "preact/hooks";
import type { SessionRow } from "../../../src/web/schema/sessions.ts";
import { Empty, Fault, Waiting } from "../parts/answer.tsx";
import { BootTable } from "../parts/boot-table.tsx";
import { outcomeWord } from "../parts/outcome.tsx";
import { ApiError } from "../shell/api.ts";
import { useAnswer, useApp, usePlace, useSelect } from "../shell/app.ts";
import type { Page } from "../shell/page.ts";
import { type BootFilter, withNews } from "../state/boot-list.ts";

export const bootsPage: Page = { path: "/boots", menu: "Boots", title: () => "Boots", View: BootsView };

const PAGE = 100;
const OUTCOMES = ["under-way", "checked-in", "handed-over", "failed", "turned-away"] as const;

interface BootPage {
  readonly sessions: readonly SessionRow[];
}

function BootsView() {
  const { query } = usePlace();
  const outcome = OUTCOMES.find((each) => each === query.get("outcome"));
  const who = query.get("who")?.trim() ?? "";
  const isMac = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(who);
  const filter: BootFilter = {
    ...(outcome === undefined ? {} : { outcome }),
    ...(who === "" ? {} : isMac ? { mac: who.toLowerCase().replaceAll("-", ":") } : { host: who }),
  };
  return (
    <>
      <h1 class="unseen">Boots</h1>
      <Choice filter={filter} who={who} />
      <BootList key={JSON.stringify(filter)} filter={filter} />
    </>
  );
}

function Choice({ filter, who }: { readonly filter: BootFilter; readonly who: string }) {
  const { navigation } = useApp();
  const hosts = useSelect((state) => state.hosts);
  return (
    <search class="choice">
      <fieldset class="chips">
        <legend class="unseen">Show</legend>
        {[undefined, ...OUTCOMES].map((each) => (
          <button
            type="button"
            key={each ?? "all"}
            class="chip"
            aria-pressed={filter.outcome === each}
            onClick={() => navigation.ask({ outcome: each })}
          >
            {each === undefined ? "All" : outcomeWord(each)}
          </button>
        ))}
      </fieldset>
      <input
        type="search"
        data-search
        list="host-names"
        aria-label="Host or MAC address"
        placeholder="Host or MAC (press /)"
        value={who}
        onChange={({ currentTarget }) => navigation.ask({ who: currentTarget.value })}
      />
      <datalist id="host-names">
        {[...(hosts?.keys() ?? [])].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </search>
  );
}

/** Boots before those of a first page. */
interface Older {
  readonly first: BootPage;
  readonly rows: readonly SessionRow[];
  readonly isOver: boolean;
}

/** The first page as it is asked for, those before it by hand, and what was heard since. */
function BootList({ filter }: { readonly filter: BootFilter }) {
  const { api, say } = useApp();
  const live = useSelect((state) => state.boots);
  const version = useSelect((state) => state.loads);
  const query = new URLSearchParams({ ...filter, limit: String(PAGE) });
  const { value, error, again } = useAnswer<BootPage>(`/sessions?${query}`, version);
  const [found, setFound] = useState<Older>();
  if (error !== undefined) return <Fault error={error} again={again} />;
  if (value === undefined) return <Waiting what="boots" />;
  // Between a first page that was asked for anew and those before an earlier one there may be others.
  const older = found?.first === value ? found : undefined;
  const asked = [...value.sessions, ...(older?.rows ?? [])];
  const rows = withNews(asked, live.values(), filter);
  if (rows.length === 0) return <NoBoots isFiltered={Object.keys(filter).length > 0} />;
  const last = asked.at(-1);
  const more = async () => {
    if (last === undefined) return;
    query.set("before", last.id);
    try {
      const page = await api.get<BootPage>(`/sessions?${query}`);
      const rows = [...(older?.rows ?? []), ...page.sessions];
      setFound({ first: value, rows, isOver: page.sessions.length < PAGE });
    } catch (fault) {
      if (fault instanceof ApiError) say({ kind: "fault", text: fault.message, cure: fault.cure });
    }
  };
  return (
    <>
      <BootTable boots={rows} />
      {older?.isOver || value.sessions.length < PAGE ? undefined : (
        <p class="more">
          <button type="button" onClick={more}>
            Show older ones
          </button>
        </p>
      )}
    </>
  );
}

function NoBoots({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <p class="waiting">There was no such boot.</p>;
  return (
    <Empty title="No machine has booted yet">
      <p>
        Switch one on that boots from the network. When nothing shows here, <code>mayfly doctor</code> looks
        why; and <code>mayfly try</code> boots a virtual machine.
      </p>
    </Empty>
  );
}
