/** Who is being served: one place for each client's address and port, and bounds for how many there are. */

import { type Arrival, boundAddress, type Peer } from "../../boot/peer.ts";
import type { TftpRequest } from "../../wire/tftp/packet.ts";
import type { TransferPort } from "./tftp-port.ts";
import type { RunningTransfer } from "./tftp-transfer.ts";

/** A client's request, from its acceptance to the end of its transfer, which begins when the file is open. */
export interface Slot {
  readonly request: TftpRequest;
  readonly peer: Peer;
  readonly arrival: Arrival;
  /** Sends an ERROR to the client. */
  readonly refuse: (code: number, message: string) => void;
  /** Gives the port that its transfer is to go through. */
  readonly openPort: () => Promise<TransferPort>;
  transfer?: RunningTransfer;
}

export interface SlotTable {
  /** The one that a request of this peer to this interface belongs to. */
  find(peer: Peer, arrival: Arrival): Slot | undefined;
  isFullFor(peer: Peer): boolean;
  enter(slot: Slot): void;
  leave(slot: Slot): void;
  all(): readonly Slot[];
  /** Resolves when the last one has left. */
  emptied(): Promise<void>;
}

/** Enough for a thousand machines, of which some ask for several files at once (the Raspberry Pi does). */
const MAX_SLOTS = 2048;

/** Many machines may share one address behind a router; one that runs wild must leave room for the others. */
const MAX_SLOTS_PER_ADDRESS = 512;

export function createSlotTable(): SlotTable {
  const slots = new Map<string, Slot>();
  const countByAddress = new Map<string, number>();
  const onEmptied: (() => void)[] = [];
  const keyOf = (peer: Peer, arrival: Arrival) => `${boundAddress(arrival)} ${peer.address} ${peer.port}`;
  const countOf = ({ address }: Peer) => countByAddress.get(address) ?? 0;

  return {
    find: (peer, arrival) => slots.get(keyOf(peer, arrival)),
    isFullFor: (peer) => slots.size >= MAX_SLOTS || countOf(peer) >= MAX_SLOTS_PER_ADDRESS,
    enter(slot) {
      slots.set(keyOf(slot.peer, slot.arrival), slot);
      countByAddress.set(slot.peer.address, countOf(slot.peer) + 1);
    },
    leave(slot) {
      const key = keyOf(slot.peer, slot.arrival);
      if (slots.get(key) !== slot) return;
      slots.delete(key);
      const others = countOf(slot.peer) - 1;
      if (others > 0) countByAddress.set(slot.peer.address, others);
      else countByAddress.delete(slot.peer.address);
      if (slots.size === 0) for (const resolve of onEmptied.splice(0)) resolve();
    },
    all: () => [...slots.values()],
    emptied: () =>
      slots.size === 0 ? Promise.resolve() : new Promise((resolve) => onEmptied.push(() => resolve())),
  };
}
