/** What became of what a person did: shown for a while, faults until they are put away, and read aloud. */

import { useEffect, useReducer } from "preact/hooks";
import type { Message } from "./app.ts";

const SHOWN_MS = 6000;

export interface Messages {
  readonly say: (message: Message) => void;
  now(): readonly Shown[];
  remove(id: number): void;
  subscribe(listener: () => void): () => void;
}

interface Shown extends Message {
  readonly id: number;
}

export function createMessages(): Messages {
  let shown: readonly Shown[] = [];
  let count = 0;
  const listeners = new Set<() => void>();
  function show(next: readonly Shown[]): void {
    shown = next;
    for (const listener of [...listeners]) listener();
  }
  function remove(id: number): void {
    show(shown.filter((message) => message.id !== id));
  }
  return {
    say(message) {
      const id = count++;
      show([...shown, { ...message, id }]);
      if (message.kind === "done") setTimeout(() => remove(id), SHOWN_MS);
    },
    now: () => shown,
    remove,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export function MessageList({ messages }: { readonly messages: Messages }) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => messages.subscribe(() => redraw(undefined)), [messages]);
  return (
    <div class="messages" role="status" aria-live="polite">
      {messages.now().map(({ id, kind, text, cure }) => (
        <div key={id} class={`message ${kind}`}>
          <div>
            <strong>{kind === "fault" ? "That did not work: " : ""}</strong>
            {text}
            {cure === undefined ? undefined : <p class="cure">{cure}</p>}
          </div>
          <button type="button" class="quiet" aria-label="Put away" onClick={() => messages.remove(id)}>
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
