/**
 * Tells a collector that is at work of a root that it cannot have seen.
 *
 * It reads the roots once, when it begins, and hears of later ones through a socket. It listens before it
 * reads them: a root that was made before nobody answered is one that any collector sees.
 */

import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

/** A collector answers when it is done with the path that it is just deleting. */
const WITHIN_MS = 10_000;

/**
 * @param state - nix's state folder
 * @param paths - store paths as nix names them
 * @returns once a collector has answered for each, or there is none; never an error, since the path is
 * looked at afterwards anyway
 */
export async function tellCollector(state: string, paths: readonly string[]): Promise<void> {
  const place = join(state, "gc-socket", "socket");
  if (!existsSync(place)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(place);
  let answers = 0;
  socket.setTimeout(WITHIN_MS, resolve);
  socket.once("error", () => resolve());
  socket.once("close", () => resolve());
  socket.once("connect", () => socket.write(paths.map((path) => `${path}\n`).join("")));
  socket.on("data", (chunk) => {
    answers += chunk.length;
    if (answers >= paths.length) resolve();
  });
  await promise;
  socket.destroy();
}
