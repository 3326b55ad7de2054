/**
 * Keeps the state as the server is: loads it, follows the events, and loads anew what was missed.
 *
 * Events wait for the next frame, so that a rack that boots costs a page no more than one drawing a frame.
 */

import type { PublicEvent, PublicEventOf } from "../../../src/web/schema/events.ts";
import type { HostsPage, HostView } from "../../../src/web/schema/hosts.ts";
import type { SessionsPage } from "../../../src/web/schema/sessions.ts";
import type { ServerStatus } from "../../../src/web/schema/status.ts";
import type { Connection, Loaded } from "../state/state.ts";
import { asked, clockHeard, loaded, notAnswered, refreshed, resumed, step } from "../state/step.ts";
import { type Api, ApiError } from "./api.ts";
import { BROWSER } from "./browser.ts";
import { loadPages } from "./load-pages.ts";
import type { Store } from "./store.ts";
import { openStream, type Stream, type StreamHooks } from "./stream.ts";

/** Of all that happens what the state is made from; a page that wants more asks for it itself. */
const TYPES = [
  ...["session", "progress", "diagnosed", "published", "withdrawn", "trouble", "rollout", "build", "dropped"],
  ...["approved", "unapproved", "hosts"],
].join(",");
/** While nobody looks there are no frames; and events must not pile up. */
const UNSEEN_MS = 1000;
const RETRY_MS = 2000;
/** What is stale is asked for together. */
const REFRESH_MS = 250;
/** So many hosts are asked for by name. */
const MAX_ALONE = 6;

export function startLive(store: Store, api: Api): void {
  const batch = createBatch((events) => {
    store.change((state) => step(state, events));
    refreshSoon();
  });
  let refreshing: ReturnType<typeof setTimeout> | undefined;
  /** Of what is loaded the last one counts. */
  let load = 0;
  let isLoaded = false;

  const say = (connection: Connection) => store.change((state) => ({ ...state, connection }));
  const compareClocks = (event: PublicEventOf<"hello" | "alive">) =>
    store.change((state) => clockHeard(state, event, Date.now()));
  /** What comes while everything is loaded comes after it. */
  async function loadAnew(stream: Stream): Promise<void> {
    batch.hold();
    isLoaded = false;
    const mine = ++load;
    try {
      const answer = await loadAll(api);
      if (mine !== load) return;
      isLoaded = true;
      store.change((state) => ({ ...loaded(state, answer), connection: "live" }));
    } catch {
      if (mine !== load) return;
      say("lost");
      setTimeout(() => mine === load && stream.reopen(), RETRY_MS);
    }
    batch.release();
  }
  function refreshSoon(afterMs = REFRESH_MS): void {
    const { stale, isAllStale } = store.now();
    if (refreshing !== undefined || (!isAllStale && stale.size === 0)) return;
    refreshing = setTimeout(async () => {
      await refresh(store, api);
      refreshing = undefined;
      // What came meanwhile, and what was not answered.
      refreshSoon(RETRY_MS);
    }, afterMs);
  }
  const hooks: StreamHooks = {
    onEvent(event) {
      if (event.type === "hello") compareClocks(event);
      if (event.type === "gap" || (event.type === "hello" && !isLoaded)) void loadAnew(stream);
      else if (event.type === "hello") store.change(resumed);
      else batch.add(event);
    },
    onLost(isRefused) {
      say("lost");
      // The API says why; who has to log in first is sent there.
      if (isRefused) api.get("/status").catch(() => {});
    },
    onAlive: compareClocks,
    onPause: () => say("connecting"),
  };
  const stream: Stream = openStream(`types=${TYPES}`, hooks, BROWSER);
  addEventListener("online", stream.reopen);
}

/** Loads what events have made stale. */
async function refresh(store: Store, api: Api): Promise<void> {
  const { stale, isAllStale } = store.now();
  store.change(asked);
  if (isAllStale || stale.size > MAX_ALONE) {
    const hosts = await loadHosts(api).catch(() => undefined);
    if (hosts === undefined) {
      store.change((state) => notAnswered(state, "all"));
      return;
    }
    const names = new Set(hosts.map(({ name }) => name));
    store.change((state) =>
      refreshed(
        state,
        hosts,
        [...(state.hosts?.keys() ?? [])].filter((name) => !names.has(name)),
      ),
    );
    return;
  }
  const answers = await Promise.all([...stale].map((name) => loadHost(api, name)));
  const found = answers.flatMap(({ host }) => host ?? []);
  const gone = answers.flatMap(({ name, isGone }) => (isGone ? name : []));
  const missing = answers.flatMap(({ name, host, isGone }) => (host === undefined && !isGone ? name : []));
  store.change((state) => notAnswered(refreshed(state, found, gone), missing));
}

interface HostAnswer {
  readonly name: string;
  readonly host?: HostView;
  readonly isGone?: boolean;
}

async function loadHost(api: Api, name: string): Promise<HostAnswer> {
  try {
    return { name, host: await api.get<HostView>(`/hosts/${encodeURIComponent(name)}`) };
  } catch (error) {
    return { name, isGone: error instanceof ApiError && error.status === 404 };
  }
}

async function loadAll(api: Api): Promise<Loaded> {
  const [status, hosts, boots] = await Promise.all([
    api.get<ServerStatus>("/status"),
    loadHosts(api),
    loadPages(api, "/sessions?outcome=under-way&limit=250", ({ sessions }: SessionsPage) => sessions),
  ]);
  return { status, hosts, boots };
}

function loadHosts(api: Api): Promise<readonly HostView[]> {
  return loadPages(api, "/hosts", ({ hosts }: HostsPage) => hosts);
}

interface Batch {
  add(event: PublicEvent): void;
  /** Keeps what comes until {@link Batch.release}. */
  hold(): void;
  release(): void;
}

function createBatch(take: (events: readonly PublicEvent[]) => void): Batch {
  let waiting: PublicEvent[] = [];
  let isHeld = false;
  let frame: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    if (frame !== undefined) cancelAnimationFrame(frame);
    clearTimeout(timer);
    [frame, timer] = [undefined, undefined];
    if (isHeld || waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    take(events);
  }
  function arm(): void {
    frame ??= requestAnimationFrame(flush);
    timer ??= setTimeout(flush, UNSEEN_MS);
  }
  return {
    add(event) {
      waiting.push(event);
      arm();
    },
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      arm();
    },
  };
}
