/** What is known of a generation, as signs. */

import type { GenerationView } from "../../../src/web/schema/generations.ts";
import { marksOf } from "../state/generation-words.ts";
import { Sign } from "./outcome.tsx";

export function Marks({ generation }: { readonly generation: GenerationView }) {
  return (
    <span class="marks">
      {marksOf(generation).map(({ tone, text, about }) => (
        <span key={text} title={about}>
          <Sign tone={tone} text={text} />
        </span>
      ))}
    </span>
  );
}
