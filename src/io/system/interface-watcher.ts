/**
 * Sees interfaces come, lose or change their addresses, while the server runs.
 *
 * It looks once a second, which takes a third of a millisecond on a busy machine. The kernel would tell at once, by
 * netlink, which Node cannot listen to; no firmware has its link and its first request out any sooner.
 */

import { isDeepStrictEqual } from "node:util";
import type { Arrival } from "../../boot/peer.ts";
import {
  chooseInterfaces,
  type InterfaceChoice,
  type InterfaceWishes,
  keepAddresses,
  type PresentInterface,
} from "../../boot/server/served-interfaces.ts";
import { openFactReader } from "./interface-facts.ts";
import { presentInterfaces } from "./interfaces.ts";

export interface InterfaceWatcher {
  /** As it was at the start. */
  readonly first: InterfaceChoice;
  /** Looks now; before `start` only. */
  again(): Promise<readonly Arrival[]>;
  /** Begins to look; each call to `onChange` is waited for. */
  start(onChange: (arrivals: readonly Arrival[]) => Promise<void>): void;
  /** Resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

const EVERY_MS = 1000;

/** @param onError - a look that failed; the next one comes all the same */
export async function watchInterfaces(
  wishes: InterfaceWishes,
  onError: (error: unknown) => void,
): Promise<InterfaceWatcher> {
  const facts = await openFactReader();
  let present: readonly PresentInterface[] = await presentInterfaces(facts);
  const first = chooseInterfaces(present, wishes);
  let arrivals = first.arrivals;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let isClosed = false;

  async function look(onChange: (arrivals: readonly Arrival[]) => Promise<void>): Promise<void> {
    present = keepAddresses(present, await presentInterfaces(facts));
    const next = chooseInterfaces(present, wishes).arrivals;
    if (isClosed || isDeepStrictEqual(next, arrivals)) return;
    arrivals = next;
    await onChange(next);
  }
  return {
    first,
    async again() {
      // No socket is open yet, so there is none to keep for an address that went with its link.
      present = await presentInterfaces(facts);
      arrivals = chooseInterfaces(present, wishes).arrivals;
      return arrivals;
    },
    start(onChange) {
      const again = () => {
        if (isClosed) return;
        timer = setTimeout(() => {
          looking = look(onChange).catch(onError).then(again);
        }, EVERY_MS);
        timer.unref();
      };
      again();
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await looking;
      facts.close();
    },
  };
}
