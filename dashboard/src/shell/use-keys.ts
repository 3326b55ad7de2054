/** Keys for the whole page: `/` to search, `j` and `k` or the arrows from row to row. */

import { useEffect } from "preact/hooks";

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Rows are links with `data-row`, the box to search in has `data-search`. */
export function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { key, target, ctrlKey, metaKey, altKey } = event;
      if (ctrlKey || metaKey || altKey || !(target instanceof HTMLElement)) return;
      const search = document.querySelector<HTMLInputElement>("[data-search]");
      const isWriting = target.matches("input, textarea, select");
      if (key === "/" && !isWriting && search !== null) {
        event.preventDefault();
        search.select();
      }
      const by = STEPS[key];
      const isOnWay = target.matches("[data-row]") || (target === search && key === "ArrowDown");
      // Elsewhere arrows scroll, and letters are written.
      if (by === undefined || (!isOnWay && (isWriting || key.startsWith("Arrow")))) return;
      if (moveRow(target, by)) event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

/** From no row to the first one. */
function moveRow(from: HTMLElement, by: number): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const at = rows.indexOf(from);
  const next = rows[at < 0 ? 0 : at + by];
  next?.focus();
  return next !== undefined;
}
