/** `/machines/{mac}/capture`: what one machine and the server say to each other, as a file for Wireshark. */

import { Problem } from "../problem.ts";
import { bytesRoute, type Route } from "../route.ts";
import { captureQuery } from "../schema/captures.ts";
import { macParams } from "../schema/identity.ts";

export const CAPTURE_ROUTES: readonly Route[] = [
  bytesRoute({
    method: "get",
    path: "/machines/{mac}/capture",
    // It has the bytes as they were: what a machine says of itself, and what an operator wrote for it to read.
    scope: "operate",
    summary: "Records what a machine and the server say to each other, as a pcapng file that goes on coming.",
    noes: ["refused"],
    params: macParams,
    query: captureQuery,
    contentType: "application/x-pcapng",
    listen({ params: { mac }, query: { seconds, full, address } }, { record }, outlet) {
      const wish = {
        mac,
        isWhole: full === "true",
        ...(seconds === undefined ? {} : { seconds }),
        ...(address === undefined ? {} : { address }),
      };
      const stop = record(wish, outlet);
      if (stop === undefined)
        throw new Problem("refused", "too many are recording already", "end one of them");
      return stop;
    },
  }),
];
