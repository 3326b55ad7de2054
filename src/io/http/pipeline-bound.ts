/** Bounds how many requests of one connection may wait for an answer. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** No firmware asks before it was answered; a proxy may, a little. Each one that waits costs about a kilobyte. */
export const MAX_UNANSWERED = 16;

/** `kept`: to be answered. `cut`: the one too many, for which its connection was ended. `late`: came after that. */
export type Admitted = "kept" | "cut" | "late";

/** Makes the counter of a server; each request is to be counted once, before it is answered. */
export function createPipelineBound(): (request: IncomingMessage, response: ServerResponse) => Admitted {
  const unanswered = new WeakMap<Socket, number>();
  return ({ socket }, response) => {
    // What was in one packet with the one too many is still parsed.
    if (socket.destroyed) return "late";
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > MAX_UNANSWERED) {
      socket.destroy();
      return "cut";
    }
    unanswered.set(socket, count);
    response.once("close", () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    return "kept";
  };
}
