/** Turns TFTP requests into transfers, or into refusals that say why. */

import type { BeginBoot } from "../../boot/check-in/begin-boot.ts";
import type { TransferFacts } from "../../boot/event.ts";
import type { Arrival, BootPorts } from "../../boot/peer.ts";
import { SERVER_STOPPED } from "../../boot/session/session-begin.ts";
import { bootAsker } from "../../boot/tftp/boot-asker.ts";
import { whyTooLarge } from "../../boot/tftp/pi-route.ts";
import type { ServedRoute } from "../../boot/tftp/route.ts";
import { showName } from "../../boot/tftp/tftp-name.ts";
import { type Negotiated, negotiate, type TftpLink } from "../../boot/tftp/tftp-negotiate.ts";
import {
  type RequestRefusal,
  refuseRequest,
  refuseSize,
  wantsNetascii,
} from "../../boot/tftp/tftp-refuse.ts";
import { routeSize, routeTftp } from "../../boot/tftp/tftp-route.ts";
import { lastBlock } from "../../boot/tftp/transfer.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { ERROR_NOT_DEFINED, ERROR_NOT_FOUND, type TftpRequest } from "../../wire/tftp/packet.ts";
import { type FileShelf, StaleFileError } from "../open-file.ts";
import type { TransferBoard } from "../transfer-board.ts";
import { type World, whenPrepared } from "../world.ts";
import { createPatchedFirmware, type PatchedFirmware } from "./patched-firmware.ts";
import { createTftpFiles, type SharedFile, type TftpFiles } from "./tftp-files.ts";
import { openRouted } from "./tftp-open.ts";
import type { TransferPort } from "./tftp-port.ts";
import { createSlotTable, type Slot, type SlotTable } from "./tftp-slots.ts";
import { runTransfer, unreadableText } from "./tftp-transfer.ts";

export interface TftpRequestOptions {
  readonly world: World;
  readonly shelf: FileShelf;
  readonly ports: BootPorts;
  readonly identifyScript: (base: string) => string;
  /** Names the boots that begin; absent: nothing is told where to report. */
  readonly beginBoot?: BeginBoot;
  readonly maxBlockSize?: number;
  /** The machine at an address; `undefined` where that is not known, or not certain. */
  readonly whose?: (address: Ipv4) => Mac | undefined;
  /** Where whoever wants to see them finds the transfers under way. */
  readonly transfers?: TransferBoard;
}

export interface TftpRequests {
  take(slot: Slot): void;
  /** Ends transfers that go through a port which they cannot keep. */
  endAt(arrival: Arrival): void;
  /** Ends transfers under way with an ERROR that says so; requests from now on are not answered. */
  close(): Promise<void>;
}

/** File data kept for the next client: a few boot programs in several block sizes. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** Firmware of Raspberry Pis with the settings of a host: 2 to 4 MiB each. */
const FIRMWARE_BYTES = 64 * 1024 * 1024;

const STOPPING: RequestRefusal = {
  code: ERROR_NOT_DEFINED,
  message: "the boot server is being stopped: boot again when it is back",
};

const GONE = "the boot server's address has changed: boot again";

/** What all requests share. */
interface Desk {
  readonly options: TftpRequestOptions;
  readonly files: TftpFiles;
  readonly patched: PatchedFirmware;
  readonly slots: SlotTable;
  isClosing: boolean;
}

export function createTftpRequests(options: TftpRequestOptions): TftpRequests {
  const desk: Desk = {
    options,
    files: createTftpFiles(CACHE_BYTES),
    patched: createPatchedFirmware(FIRMWARE_BYTES),
    slots: createSlotTable(),
    isClosing: false,
  };
  return {
    take: (slot) => take(desk, slot),
    endAt({ interface: name, self }) {
      end(desk, GONE, GONE, ({ arrival }) => arrival.interface === name && arrival.self === self);
    },
    async close() {
      desk.isClosing = true;
      end(desk, STOPPING.message, SERVER_STOPPED, () => true);
      await desk.slots.emptied();
    },
  };
}

function end(desk: Desk, message: string, reason: string, isMeant: (slot: Slot) => boolean): void {
  for (const slot of desk.slots.all().filter(isMeant)) {
    slot.transfer?.feed({ type: "unreadable", result: "failed", message, reason });
  }
}

function take(desk: Desk, slot: Slot): void {
  const { slots, options } = desk;
  const { peer, arrival, request } = slot;
  if (isUnderWay(slots, slot) || desk.isClosing) return;
  const refusal = refuseRequest(request);
  if (refusal !== undefined) {
    refuseSlot(desk, slot, showName(request.filename), refusal);
    return;
  }
  if (slots.isFullFor(peer)) {
    // Silence: the client asks again by itself, and then there may be room. An ERROR would end its boot.
    recordRefused(desk, slot, showName(request.filename), "too many transfers at once");
    return;
  }
  slots.enter(slot);
  serve(desk, slot, arrival).catch((error: unknown) => {
    slots.leave(slot);
    options.world.record({ type: "bug", via: "tftp", error });
  });
}

/** True if the request belongs to a transfer that goes on. */
function isUnderWay(slots: SlotTable, { peer, arrival, request }: Slot): boolean {
  const found = slots.find(peer, arrival);
  if (found === undefined) return false;
  found.transfer?.feed({ type: isSameRequest(found.request, request) ? "repeat" : "superseded" });
  return slots.find(peer, arrival) !== undefined;
}

/** A client that has had no answer asks in the very same words. */
function isSameRequest(a: TftpRequest, b: TftpRequest): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

async function serve(desk: Desk, slot: Slot, { self }: Arrival): Promise<void> {
  const { world, ports, identifyScript, beginBoot, whose } = desk.options;
  const from = whose?.(slot.peer.address);
  const site = { self, ports, identifyScript, beginBoot, ...(from === undefined ? {} : { from }) };
  const asker = bootAsker(slot.request.filename, world.snapshot(), from);
  const decide = () => {
    const decided = routeTftp(slot.request.filename, world.snapshot(), site);
    if ("asked" in decided && decided.asked !== undefined)
      world.record({ type: "script", peer: slot.peer, ...decided.asked });
    return decided;
  };
  const route = await (asker === undefined ? decide() : whenPrepared(world, asker, decide));
  if ("notice" in route && route.notice !== undefined) world.record({ type: "notice", ...route.notice });
  if (route.type === "refused") {
    refuseSlot(desk, slot, route.path, route);
    return;
  }
  const tooLarge = refuseSize(slot.request, routeSize(route));
  if (tooLarge !== undefined) {
    refuseSlot(desk, slot, route.path, tooLarge);
    return;
  }
  const file = await openFile(desk, slot, route);
  if (file === undefined) return;
  const agreed = negotiate(slot.request.options, file.sizeBytes, linkOf(desk, slot));
  const unfetchable = whyUnfetchable(route, file, agreed);
  if (unfetchable !== undefined) {
    file.release();
    refuseSlot(desk, slot, route.path, unfetchable);
    return;
  }
  const port = await openPort(desk, slot, route);
  if (port === undefined || desk.isClosing) {
    port?.close();
    file.release();
    if (port !== undefined) refuseSlot(desk, slot, route.path, STOPPING);
    return;
  }
  transfer(desk, slot, { route, file, agreed }, port);
}

function linkOf({ options: { maxBlockSize } }: Desk, { arrival }: Slot): TftpLink {
  return { mtu: arrival.mtu, ...(maxBlockSize === undefined ? {} : { maxBlockSize }) };
}

/** Before it begins: the Pi that fails at the last block shows nothing. */
function whyUnfetchable(
  route: ServedRoute,
  { sizeBytes }: SharedFile,
  { blockSize }: Negotiated,
): RequestRefusal | undefined {
  if (route.type !== "pi") return undefined;
  const message = whyTooLarge(route, lastBlock(sizeBytes, blockSize), blockSize);
  return message === undefined ? undefined : { code: ERROR_NOT_DEFINED, message };
}

/** Opened before anything is answered: after an OACK some clients do not take a "not found" (T7). */
async function openFile(desk: Desk, slot: Slot, route: ServedRoute): Promise<SharedFile | undefined> {
  const { files, patched, options } = desk;
  try {
    const file = await openRouted(route, wantsNetascii(slot.request), {
      files,
      patched,
      shelf: options.shelf,
    });
    if (file !== undefined) return file;
    const message = `${showName(route.path)} has gone from the server: boot again`;
    refuseSlot(desk, slot, route.path, { code: ERROR_NOT_FOUND, message });
  } catch (error) {
    const code = error instanceof StaleFileError ? ERROR_NOT_FOUND : ERROR_NOT_DEFINED;
    refuseSlot(desk, slot, route.path, { code, message: unreadableText(error) });
  }
  return undefined;
}

/** Without a socket there is silence: the client asks again, and then one may be free. */
async function openPort(desk: Desk, slot: Slot, route: ServedRoute): Promise<TransferPort | undefined> {
  try {
    return await slot.openPort();
  } catch (error) {
    desk.slots.leave(slot);
    recordRefused(desk, slot, route.path, `no socket for it: ${String(error)}`);
    return undefined;
  }
}

interface Agreed {
  readonly route: ServedRoute;
  readonly file: SharedFile;
  readonly agreed: Negotiated;
}

function transfer(desk: Desk, slot: Slot, { route, file, agreed }: Agreed, port: TransferPort): void {
  const { peer } = slot;
  const { world, transfers } = desk.options;
  const asked: TransferFacts = {
    via: "tftp",
    peer,
    path: route.path,
    ...factsOf(route),
    ...askerOf(route),
    sizeBytes: file.sizeBytes,
  };
  // Who begins it ends it, whoever is seen at that address meanwhile.
  const facts = { ...world.machineAt(peer.address, asked), ...asked };
  const startedMs = performance.now();
  world.record({ type: "transfer-started", ...facts });
  const leave = transfers?.enter({ ...facts, sentBytes: () => slot.transfer?.sentBytes() ?? 0 });
  slot.transfer = runTransfer({
    peer,
    port,
    agreed,
    file,
    onEnd(end) {
      leave?.();
      desk.slots.leave(slot);
      const durationMs = performance.now() - startedMs;
      world.record({ type: "transfer-ended", durationMs, ...end, ...facts });
    },
    onMalformed: ({ code, message }) =>
      world.record({ type: "malformed", via: "tftp", peer, code, reason: message }),
    onBug: (error, bytes) =>
      world.record({ type: "bug", via: "tftp", error, ...(bytes === undefined ? {} : { bytes }) }),
  });
}

/** What else is known of the file, and of the machine, by its name. */
function factsOf(route: ServedRoute): Partial<TransferFacts> {
  switch (route.type) {
    case "media":
      return { generation: route.generation.id, file: route.file };
    case "pi":
      return {
        piPart: route.part,
        ...(route.host === undefined ? {} : { host: route.host }),
        ...(route.mac === undefined ? {} : { mac: route.mac }),
        ...(route.source.type === "media"
          ? { generation: route.source.generation.id, file: route.source.file }
          : {}),
      };
    default:
      return {};
  }
}

/** The machine whose own file it is. */
function askerOf(route: ServedRoute): Partial<TransferFacts> {
  return "asked" in route && route.asked !== undefined ? { mac: route.asked.client.mac } : {};
}

function refuseSlot(
  desk: Desk,
  slot: Slot,
  path: string,
  refusal: RequestRefusal & { readonly expected?: boolean },
): void {
  desk.slots.leave(slot);
  recordRefused(desk, slot, path, refusal.message, refusal.expected);
  slot.refuse(refusal.code, refusal.message);
}

function recordRefused(desk: Desk, { peer }: Slot, path: string, reason: string, expected = false): void {
  desk.options.world.record({ type: "refused", via: "tftp", peer, path, reason, expected });
}
