/** One request on the boot plane: what answering it needs, and how a refusal is told. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { withoutToken } from "../../boot/check-in/refusal.ts";
import type { GenerationId } from "../../boot/generation.ts";
import type { Peer } from "../../boot/peer.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { CheckIns } from "../check-in/check-ins.ts";
import type { KexecDesk } from "../kexec/kexec-desk.ts";
import type { FileShelf } from "../open-file.ts";
import type { TransferBoard } from "../transfer-board.ts";
import type { World } from "../world.ts";
import type { ChunkCache } from "./chunk-cache.ts";

/** What the boot plane needs of the server. */
export interface HttpDependencies {
  readonly world: World;
  readonly shelf: FileShelf;
  /** For `/readyz`. */
  readonly ready: () => boolean;
  /** Names the boots that begin and hears of their end; absent: nothing is told where to report. */
  readonly checkIns?: CheckIns;
  /** Whether other machines than this one are seen at an address. */
  readonly isShared?: (address: Ipv4, mac: Mac) => boolean;
  /** A machine was told to boot this generation: keep it as long as that boot may need it. */
  readonly onNamed?: (generation: GenerationId) => void;
  /** Absent: nothing is answered below `/kexec`. */
  readonly kexec?: KexecDesk;
  /** Whether there ever was such a generation; absent: nobody knows. */
  readonly wasPublished?: (generation: GenerationId) => Promise<boolean>;
  /** How many images may be fetched at once; absent, or `undefined`: as many as ask. */
  readonly maxTransfers?: () => number | undefined;
  /** Where whoever wants to see them finds the transfers under way. */
  readonly transfers?: TransferBoard;
  /** Whether machines may log to this server, so that iPXE can be told. */
  readonly takesLogs?: boolean;
}

/** One request and all that answering it needs. */
export interface Exchange extends HttpDependencies {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly peer: Peer;
  readonly cache: ChunkCache;
  readonly load: Load;
}

/** How busy the server is with images. */
export interface Load {
  running: number;
  turnedAway: number;
}

/** A path in an event is for people; a hostile one need not fill the log. */
const SHOWN_PATH_LENGTH = 200;

/** @param expected - a normal probe, no news */
export function recordRefusal(
  { world, peer }: Pick<Exchange, "world" | "peer">,
  target: string,
  reason: string,
  expected = false,
): void {
  const path = withoutToken(target).slice(0, SHOWN_PATH_LENGTH);
  world.record({ type: "refused", via: "http", peer, path, reason, expected });
}
