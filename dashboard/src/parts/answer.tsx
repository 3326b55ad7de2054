/** What stands where something was asked for and is not there: not yet, or not at all, and what helps. */

import type { ComponentChildren } from "preact";
import type { ApiError } from "../shell/api.ts";

export function Waiting({ what }: { readonly what: string }) {
  return (
    <p class="waiting" role="status">
      Loading {what} …
    </p>
  );
}

export function Fault({ error, again }: { readonly error: ApiError; readonly again?: () => void }) {
  return (
    <div class="fault" role="alert">
      <strong>{error.message}</strong>
      {error.cure === undefined ? undefined : <p>{error.cure}</p>}
      {again === undefined ? undefined : (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** Nothing to show on the whole page, and what to do that there is. */
export function Empty({ title, children }: EmptyProps) {
  return (
    <div class="empty">
      <h1>{title}</h1>
      {children}
    </div>
  );
}
