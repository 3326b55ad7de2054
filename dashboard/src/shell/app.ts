/** What every part of the page may use, and how it hears when that changes. */

import { createContext } from "preact";
import { useContext, useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Scope, State } from "../state/state.ts";
import { type Api, ApiError } from "./api.ts";
import type { MakeDialog } from "./dialogs.tsx";
import type { Navigation, Place } from "./navigation.ts";
import type { Store } from "./store.ts";

export interface App {
  readonly store: Store;
  readonly api: Api;
  readonly navigation: Navigation;
  /** Tells a person, and who reads the page aloud, what became of something. */
  readonly say: (message: Message) => void;
  /** Opens a dialog, in the place of one that is open. */
  readonly open: (make: MakeDialog) => void;
}

export interface Message {
  readonly kind: "done" | "fault";
  readonly text: string;
  readonly cure?: string | undefined;
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("this is shown outside of the page");
  return app;
}

/** A part of the state; what uses it is drawn anew when that part is another value. */
export function useSelect<Value>(select: (state: State) => Value): Value {
  const { store } = useApp();
  return useSource(store.subscribe, () => select(store.now()));
}

export function usePlace(): Place {
  const { navigation } = useApp();
  return useSource(navigation.subscribe, navigation.now);
}

function useSource<Value>(subscribe: (listener: () => void) => () => void, read: () => Value): Value {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const value = read();
  const shown = useRef({ value, read });
  shown.current = { value, read };
  useLayoutEffect(() => {
    const look = () => {
      if (shown.current.read() !== shown.current.value) redraw(undefined);
    };
    // It may have changed since it was drawn.
    look();
    return subscribe(look);
  }, [subscribe]);
  return value;
}

const SCOPES: readonly Scope[] = ["read", "operate", "admin"];

/** Whether who looks may do what this scope is for; what they may not is not offered. */
export function useMay(scope: Scope): boolean {
  const own = useSelect(({ status }) => status?.you.scope);
  return own !== undefined && SCOPES.indexOf(own) >= SCOPES.indexOf(scope);
}

/** The time by the server's clock, drawn anew every so often: for "5 minutes ago". */
export function useNow(everyMs: number): number {
  const [nowMs, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs - useSelect(({ aheadMs }) => aheadMs);
}

/** What nothing has answered is asked for again. */
const RETRY_MS = 10_000;

/** What was asked for: not there yet, there, or why not. */
export interface Answer<Value> {
  readonly value?: Value;
  readonly error?: ApiError;
  /** Asks again. */
  readonly again: () => void;
}

/**
 * Asks the API, and again whenever the path or the version is another.
 *
 * While it asks again for the same path what was there before stays, also when nothing answers: then it is
 * asked once more in a while, and as soon as the connection is back.
 *
 * @param path - below `/api/v1`; `undefined`: nothing is asked
 */
export function useAnswer<Value>(path: string | undefined, version: unknown = undefined): Answer<Value> {
  const { api } = useApp();
  const [found, setFound] = useState<{ path?: string | undefined; value?: Value; error?: ApiError }>({});
  const [tries, again] = useReducer((count: number) => count + 1, 0);
  const resumptions = useSelect((state) => state.resumptions);
  const last = useRef({ resumptions, isAnswered: true });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a version and a try are reasons to ask again.
  useEffect(() => {
    if (path === undefined) return;
    const asking = new AbortController();
    last.current = { resumptions, isAnswered: false };
    const take = (value: Value) => {
      if (asking.signal.aborted) return;
      last.current.isAnswered = true;
      setFound({ path, value });
    };
    let retrying: ReturnType<typeof setTimeout> | undefined;
    const fail = (error: unknown) => {
      if (asking.signal.aborted || !(error instanceof ApiError)) return;
      const isAway = error.status === 0;
      if (isAway) retrying = setTimeout(() => again(undefined), RETRY_MS);
      setFound((before) => (isAway && before.path === path ? before : { path, error }));
    };
    api.get<Value>(path, asking.signal).then(take, fail);
    return () => {
      asking.abort();
      clearTimeout(retrying);
    };
  }, [api, path, version, tries]);
  useEffect(() => {
    // What is on its way since before may hang in a connection that is dead.
    if (!last.current.isAnswered && last.current.resumptions !== resumptions) again(undefined);
  }, [resumptions]);
  const { path: of, ...answer } = found;
  return { ...(of === path ? answer : {}), again: () => again(undefined) };
}
