/** A generation by the beginning of its id, all of it for who points at it. */

import { shortId } from "../state/words.ts";

export function GenerationName({ id }: { readonly id: string }) {
  return (
    <code class="generation" title={id}>
      {shortId(id)}
    </code>
  );
}
