/** How far each page of the browser's history was scrolled: lists come after the page, too late for the browser. */

export interface ScrollPlaces {
  /** Keeps where the page is; to be called before another one is in the history. */
  leave(): void;
  /** Begins a page at its top; to be called when it is in the history. */
  begin(): void;
  /** Goes back to where the page was left, as soon as it is long enough again. */
  restore(): void;
}

/** A page that has not become as long by then is another one. */
const PATIENCE_MS = 3000;
/** Who does something wants to be elsewhere. */
const HANDS = ["wheel", "touchstart", "pointerdown", "keydown"] as const;

export function startScrollPlaces(): ScrollPlaces {
  const places = new Map<string, number>();
  let wanted: number | undefined;
  let untilMs = 0;
  let isWaiting = false;

  function look(): void {
    isWaiting = false;
    if (wanted === undefined) return;
    scrollTo(0, wanted);
    if (scrollY >= wanted - 1 || performance.now() > untilMs) wanted = undefined;
    else wait();
  }
  function wait(): void {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(look);
  }
  const stop = () => {
    wanted = undefined;
  };
  for (const hand of HANDS) addEventListener(hand, stop, { passive: true });
  addEventListener(
    "scroll",
    () => {
      if (wanted === undefined) places.set(placeKey(), scrollY);
    },
    { passive: true },
  );
  return {
    // The browser tells of scrolling a frame later.
    leave: () => void places.set(placeKey(), scrollY),
    begin() {
      stop();
      scrollTo(0, 0);
    },
    restore() {
      // Where nobody has scrolled yet the browser knows, or a link into the page says.
      wanted = places.get(placeKey());
      if (wanted === undefined) return;
      untilMs = performance.now() + PATIENCE_MS;
      wait();
    },
  };
}

/** The name of a page in the history, which it gets when it is first asked for. */
function placeKey(): string {
  const state: unknown = history.state;
  if (typeof state === "string") return state;
  const key = String(Math.random());
  history.replaceState(key, "");
  return key;
}
