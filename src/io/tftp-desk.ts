/** Where TFTP requests are turned into transfers: who asks twice, who asks too much, what there is to send. */

import type { TransferFacts } from "../boot/event.ts";
import type { Arrival, BootPorts, Peer } from "../boot/peer.ts";
import { showName } from "../boot/tftp-name.ts";
import { negotiate } from "../boot/tftp-negotiate.ts";
import { refuseRequest, refuseSize, wantsNetascii } from "../boot/tftp-refuse.ts";
import { routeTftp } from "../boot/tftp-route.ts";
import { ERROR_NOT_DEFINED, ERROR_NOT_FOUND, type TftpRequest } from "../wire/tftp/packet.ts";
import { type FileShelf, StaleFileError } from "./open-file.ts";
import { createTftpFiles, type SharedFile } from "./tftp-files.ts";
import { openRouted, type ServedRoute } from "./tftp-open.ts";
import { openTransferSocket, type RunningTransfer, runTransfer } from "./tftp-transfer.ts";
import { loadSegmenter } from "./udp-segment.ts";
import type { World } from "./world.ts";

export interface TftpDeskOptions {
  readonly world: World;
  readonly shelf: FileShelf;
  readonly ports: BootPorts;
  readonly identifyScript: (base: string) => string;
  readonly maxBlockSize?: number;
}

export interface TftpDesk {
  /** Takes a request; `refuse` sends an ERROR to whoever sent it. */
  request(request: TftpRequest, peer: Peer, arrival: Arrival, refuse: Refuse): void;
  close(): Promise<void>;
}

type Refuse = (code: number, message: string) => void;

/** Enough for a thousand machines, of which some ask for several files at once (the Raspberry Pi does). */
const MAX_TRANSFERS = 2048;
/** Many machines may share one address behind a router; one that runs wild must leave room for the others. */
const MAX_TRANSFERS_PER_ADDRESS = 512;
/** File data kept for the next client: a few boot programs in several block sizes. */
const CACHE_BYTES = 64 * 1024 * 1024;

const STALE = "the image was changed on the server: boot again, the new one is served then";
const STOPPING = "the boot server is being stopped: boot again when it is back";

/** A client's request, from its acceptance to the end of its transfer, which begins when the file is open. */
interface Slot {
  readonly key: string;
  readonly request: TftpRequest;
  readonly peer: Peer;
  readonly arrival: Arrival;
  readonly refuse: Refuse;
  transfer?: RunningTransfer;
}

export async function createTftpDesk(options: TftpDeskOptions): Promise<TftpDesk> {
  const { world, shelf, ports, identifyScript } = options;
  const segmenter = await loadSegmenter();
  const files = createTftpFiles(CACHE_BYTES);
  const slots = new Map<string, Slot>();
  const slotsByAddress = new Map<string, number>();
  let onEmpty: (() => void) | undefined;

  function request(asked: TftpRequest, peer: Peer, arrival: Arrival, refuse: Refuse): void {
    const key = `${arrival.self} ${peer.address} ${peer.port}`;
    if (isUnderWay(slots.get(key), asked) || onEmpty !== undefined) return;
    const refusal = refuseRequest(asked);
    if (refusal !== undefined) {
      recordRefused(peer, showName(asked.filename), refusal.message);
      refuse(refusal.code, refusal.message);
      return;
    }
    const ofAddress = slotsByAddress.get(peer.address) ?? 0;
    if (slots.size >= MAX_TRANSFERS || ofAddress >= MAX_TRANSFERS_PER_ADDRESS) {
      // Silence: the client asks again by itself, and by then there may be room. An ERROR would end its boot.
      recordRefused(peer, showName(asked.filename), "too many transfers at once");
      return;
    }
    const slot: Slot = { key, request: asked, peer, arrival, refuse };
    slots.set(key, slot);
    slotsByAddress.set(peer.address, ofAddress + 1);
    serve(slot).catch((error: unknown) => {
      world.record({ type: "bug", via: "tftp", error });
      leave(slot);
    });
  }

  /** True if the request belongs to a transfer that goes on. */
  function isUnderWay(slot: Slot | undefined, asked: TftpRequest): boolean {
    if (slot === undefined) return false;
    slot.transfer?.feed({ type: isSameRequest(slot.request, asked) ? "repeat" : "superseded" });
    return slots.has(slot.key);
  }

  async function serve(slot: Slot): Promise<void> {
    const { request: asked, arrival } = slot;
    const route = routeTftp(asked.filename, world.snapshot(), { self: arrival.self, ports, identifyScript });
    if (route.type === "refused") {
      refuseSlot(slot, route.path, route);
      return;
    }
    const file = await openFor(slot, route);
    if (file === undefined) return;
    const refusal = refuseSize(asked, file.sizeBytes);
    if (refusal !== undefined || onEmpty !== undefined) {
      file.release();
      refuseSlot(slot, route.path, refusal ?? { code: ERROR_NOT_DEFINED, message: STOPPING });
      return;
    }
    await transfer(slot, route, file);
  }

  /** Opened before anything is answered: after an OACK some clients do not take a "not found" (T7). */
  async function openFor(slot: Slot, route: ServedRoute): Promise<SharedFile | undefined> {
    try {
      const file = await openRouted(route, wantsNetascii(slot.request), files, shelf);
      if (file !== undefined) return file;
      refuseSlot(slot, route.path, {
        code: ERROR_NOT_FOUND,
        message: `${showName(route.path)} has gone: boot again`,
      });
    } catch (error) {
      const message =
        error instanceof StaleFileError ? STALE : `the server cannot read it: ${messageOf(error)}`;
      refuseSlot(slot, route.path, { code: ERROR_NOT_DEFINED, message });
    }
    return undefined;
  }

  async function transfer(slot: Slot, route: ServedRoute, file: SharedFile): Promise<void> {
    const { peer, arrival, request: asked } = slot;
    const socket = await openTransferSocket(arrival.self).catch((error: unknown) => {
      file.release();
      throw error;
    });
    const facts: TransferFacts = {
      via: "tftp",
      peer,
      path: route.path,
      ...(route.type === "media" ? { generation: route.generation.id } : {}),
      sizeBytes: file.sizeBytes,
    };
    const startedMs = performance.now();
    const { maxBlockSize } = options;
    const link = { mtu: arrival.mtu, ...(maxBlockSize === undefined ? {} : { maxBlockSize }) };
    world.record({ type: "transfer-started", ...facts });
    slot.transfer = runTransfer({
      peer,
      socket,
      agreed: negotiate(asked.options, file.sizeBytes, link),
      file,
      segmenter,
      onEnd(result, sentBytes, reason) {
        leave(slot);
        const durationMs = performance.now() - startedMs;
        const why = reason === undefined ? {} : { reason };
        world.record({ type: "transfer-ended", result, sentBytes, durationMs, ...why, ...facts });
      },
      onMalformed({ code, message }) {
        world.record({ type: "malformed", via: "tftp", peer, code, reason: message });
      },
      onBug: (error, bytes) =>
        world.record({ type: "bug", via: "tftp", error, ...(bytes === undefined ? {} : { bytes }) }),
    });
  }

  function refuseSlot(slot: Slot, path: string, refusal: Refusal): void {
    leave(slot);
    recordRefused(slot.peer, path, refusal.message, refusal.expected);
    slot.refuse(refusal.code, refusal.message);
  }

  function recordRefused(peer: Peer, path: string, reason: string, expected = false): void {
    world.record({ type: "refused", via: "tftp", peer, path, reason, expected });
  }

  function leave(slot: Slot): void {
    if (slots.get(slot.key) !== slot) return;
    slots.delete(slot.key);
    const { address } = slot.peer;
    const others = (slotsByAddress.get(address) ?? 1) - 1;
    if (others > 0) slotsByAddress.set(address, others);
    else slotsByAddress.delete(address);
    if (slots.size === 0) onEmpty?.();
  }

  return {
    request,
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      onEmpty = resolve;
      for (const { transfer: running } of [...slots.values()]) {
        running?.feed({ type: "unreadable", result: "failed", message: STOPPING });
      }
      if (slots.size === 0) resolve();
      await promise;
    },
  };
}

interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly expected?: boolean;
}

/** A client that has had no answer asks in the very same words. */
function isSameRequest(a: TftpRequest, b: TftpRequest): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
