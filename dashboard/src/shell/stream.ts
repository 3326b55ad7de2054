/**
 * Listens to the event stream, and notices when nothing comes any more though nobody has closed it.
 *
 * A server whose host has lost its power, or a laptop in another network, ends no connection: the server
 * promises a sign of life every so often, and without one the connection is opened anew, where it was.
 *
 * A browser has six connections to a server for all of its tabs together: a tab that nobody sees holds none.
 */

import type { PublicEvent, PublicEventOf } from "../../../src/web/schema/events.ts";

/** What it needs of the browser's `EventSource`. */
export interface Source {
  readonly readyState: number;
  addEventListener(type: "message" | "alive" | "error", listener: (message: Message) => void): void;
  close(): void;
}

interface Message {
  readonly data: string;
  readonly lastEventId: string;
}

/** Whether somebody sees the page. */
export interface Tab {
  readonly isHidden: () => boolean;
  /** @returns what ends it */
  readonly onChange: (listener: () => void) => () => void;
}

export interface StreamHooks {
  /** `hello` each time that it is connected, and whatever is asked for. */
  readonly onEvent: (event: Exclude<PublicEvent, { type: "alive" }>) => void;
  /** Nothing comes now. @param isRefused - the server has said no, and it is asked again in a while */
  readonly onLost?: (isRefused: boolean) => void;
  /** A sign of life, with the time by the server's clock. */
  readonly onAlive?: (event: PublicEventOf<"alive">) => void;
  /** Nobody looks: nothing comes before somebody does. */
  readonly onPause?: () => void;
}

/** What it has of the browser. */
export interface Surroundings {
  readonly connect: (url: string) => Source;
  readonly tab: Tab;
}

export interface Stream {
  /** Connects anew at once, where it was; while nobody looks, when somebody does. */
  reopen(): void;
  close(): void;
}

/** Until the server has said how often there is a sign of life. */
const FIRST_PATIENCE_MS = 25_000;
/** Of two signs of life one may be late. */
const PATIENCE = 2.5;
const AGAIN_MS = 2000;
/** Who comes back within this has not left. */
const HIDDEN_MS = 5000;
/** Of `EventSource.readyState`: it does not try again by itself. */
const CLOSED = 2;

/**
 * Follows events from now on, through whatever becomes of the connection.
 *
 * @param query - of `/events`, as in `types=session`; not empty
 */
export function openStream(
  query: string,
  { onEvent, onLost = () => {}, onPause = () => {}, onAlive = () => {} }: StreamHooks,
  { connect, tab }: Surroundings,
): Stream {
  let source: Source | undefined;
  let lastId: string | undefined;
  let patienceMs = FIRST_PATIENCE_MS;
  let heardMs = 0;
  let watching: ReturnType<typeof setTimeout> | undefined;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  let isPaused = tab.isHidden();

  function disconnect(): void {
    source?.close();
    source = undefined;
    clearTimeout(watching);
  }
  function pause(): void {
    isPaused = true;
    disconnect();
    onPause();
  }
  function take({ data, lastEventId }: Message): void {
    heardMs = performance.now();
    if (lastEventId !== "") lastId = lastEventId;
    const event: PublicEvent = JSON.parse(data);
    if (event.type === "hello") patienceMs = event.aliveEverySeconds * 1000 * PATIENCE;
    if (event.type === "alive") onAlive(event);
    else onEvent(event);
  }
  function watch(ms: number): void {
    clearTimeout(watching);
    watching = setTimeout(() => {
      const leftMs = heardMs + patienceMs - performance.now();
      if (leftMs > 0) return watch(leftMs);
      onLost(false);
      open();
    }, ms);
  }
  function open(): void {
    disconnect();
    if (isPaused) return;
    const after = lastId === undefined ? "" : `&after=${encodeURIComponent(lastId)}`;
    const opened = connect(`/api/v1/events?${query}${after}`);
    source = opened;
    heardMs = performance.now();
    opened.addEventListener("message", take);
    opened.addEventListener("alive", take);
    opened.addEventListener("error", () => {
      if (source !== opened) return;
      const isRefused = opened.readyState === CLOSED;
      if (isRefused) {
        clearTimeout(watching);
        watching = setTimeout(open, AGAIN_MS);
      }
      onLost(isRefused);
    });
    watch(patienceMs);
  }
  const leave = tab.onChange(() => {
    clearTimeout(leaving);
    if (tab.isHidden()) {
      if (!isPaused) leaving = setTimeout(pause, HIDDEN_MS);
    } else if (isPaused) {
      isPaused = false;
      open();
    }
  });
  open();
  return {
    reopen: open,
    close() {
      leave();
      clearTimeout(leaving);
      disconnect();
    },
  };
}
