/** What a stream of events has of the browser. */

import type { Surroundings } from "./stream.ts";

export const BROWSER: Surroundings = {
  connect: (url) => new EventSource(url),
  tab: {
    isHidden: () => document.hidden,
    onChange(listener) {
      document.addEventListener("visibilitychange", listener);
      return () => document.removeEventListener("visibilitychange", listener);
    },
  },
};
