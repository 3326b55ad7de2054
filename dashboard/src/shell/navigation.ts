/** Where the page is: the History API, and links of the page's own that lead on without loading it anew. */

import { startScrollPlaces } from "./scroll-places.ts";

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
  /** What follows `#`; empty: nothing does. */
  readonly hash: string;
}

export interface Navigation {
  now(): Place;
  go(address: string): void;
  /** The same page, otherwise asked: what was sought or chosen stands in the address. */
  ask(query: Readonly<Record<string, string | undefined>>): void;
  /** @returns what ends it */
  subscribe(listener: () => void): () => void;
}

export function startNavigation(): Navigation {
  const listeners = new Set<() => void>();
  const scrolls = startScrollPlaces();
  let place = read();

  function changed(): void {
    place = read();
    for (const listener of [...listeners]) listener();
  }
  function go(address: string): void {
    scrolls.leave();
    history.pushState(undefined, "", address);
    changed();
    scrolls.begin();
  }
  addEventListener("popstate", () => {
    scrolls.restore();
    changed();
  });
  addEventListener("click", (event) => {
    const address = addressOf(event);
    if (address === undefined) return;
    event.preventDefault();
    go(address);
  });
  return {
    now: () => place,
    go,
    ask(wanted) {
      const query = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(wanted)) {
        if (value === undefined || value === "") query.delete(name);
        else query.set(name, value);
      }
      const text = query.toString();
      history.replaceState(history.state, "", text === "" ? location.pathname : `?${text}`);
      changed();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function read(): Place {
  return {
    path: location.pathname,
    query: new URLSearchParams(location.search),
    hash: location.hash.slice(1),
  };
}

/** Where an ordinary click on a link of ours leads; `undefined`: it is the browser's. */
function addressOf(event: MouseEvent): string | undefined {
  const { target, button, metaKey, ctrlKey, shiftKey, altKey, defaultPrevented } = event;
  if (defaultPrevented || button !== 0 || metaKey || ctrlKey || shiftKey || altKey) return undefined;
  const link = target instanceof Element ? target.closest("a") : null;
  const address = link?.getAttribute("href");
  // In a picture links are of another kind, that have no addresses as text.
  if (!link || !address || link.hasAttribute("target") || link.hasAttribute("download")) return undefined;
  const url = new URL(address, location.href);
  const isHere = url.pathname === location.pathname && url.hash !== "";
  const isOurs = url.origin === location.origin && !url.pathname.startsWith("/api/") && !isHere;
  return isOurs ? `${url.pathname}${url.search}${url.hash}` : undefined;
}
