/** How far the file is that is being fetched: a bar, and the numbers. */

import { stageWords } from "../state/stages.ts";
import type { Boot } from "../state/state.ts";
import { bytesText, percentOf, rateText } from "../state/words.ts";

export function BootProgress({ boot }: { readonly boot: Boot }) {
  const { step, bytesPerSecond } = boot;
  if (step === undefined) return <span class="progress-text">begins</span>;
  const { name, doing } = stageWords(step.stage);
  const { sizeBytes = 0, sentBytes = 0, end } = step;
  if (end !== undefined || sizeBytes === 0) return <span class="progress-text">{doing}</span>;
  const percent = percentOf(sentBytes, sizeBytes);
  const rate = bytesPerSecond === undefined ? "" : `, ${rateText(bytesPerSecond)}`;
  return (
    <>
      <span class="progress-text">
        {name} {percent} % of {bytesText(sizeBytes)}
        {rate}
      </span>
      <progress max={100} value={percent} aria-label={name} />
    </>
  );
}
