/** The transfers under way: each enters itself when it begins, and whoever wants to see them looks. */

import type { TransferUnderWay } from "../boot/event.ts";

export interface TransferBoard {
  /** @returns what takes it off again */
  enter(transfer: TransferUnderWay): () => void;
  /** In the order in which they began. */
  list(): readonly TransferUnderWay[];
}

export function createTransferBoard(): TransferBoard {
  const running = new Set<TransferUnderWay>();
  return {
    enter(transfer) {
      running.add(transfer);
      return () => running.delete(transfer);
    },
    list: () => [...running],
  };
}
