/** Where a dialog stands that somebody has opened: beside the page, so that it stays when what opened it goes. */

import type { ComponentChildren } from "preact";
import { useEffect, useReducer } from "preact/hooks";

/** Makes what is shown; it calls `close` when it was closed. */
export type MakeDialog = (close: () => void) => ComponentChildren;

export interface Dialogs {
  readonly open: (make: MakeDialog) => void;
  readonly close: () => void;
  now(): MakeDialog | undefined;
  subscribe(listener: () => void): () => void;
}

export function createDialogs(): Dialogs {
  let shown: MakeDialog | undefined;
  const listeners = new Set<() => void>();
  function show(next: MakeDialog | undefined): void {
    shown = next;
    for (const listener of [...listeners]) listener();
  }
  return {
    open: (make) => show(make),
    close: () => show(undefined),
    now: () => shown,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export function DialogPlace({ dialogs }: { readonly dialogs: Dialogs }) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => dialogs.subscribe(() => redraw(undefined)), [dialogs]);
  return <>{dialogs.now()?.(dialogs.close)}</>;
}
