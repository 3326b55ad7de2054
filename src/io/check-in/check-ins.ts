/** Gives each boot its name and its token, and takes the report of what was booted: once, and for good. */

import { randomBytes } from "node:crypto";
import type { BeginBoot, CheckInToken } from "../../boot/check-in/begin-boot.ts";
import { judgeToken, type Sender, TOKEN_MS } from "../../boot/check-in/judge-token.ts";
import type { CheckInRefusal } from "../../boot/check-in/refusal.ts";
import { namedHost } from "../../boot/decide.ts";
import type { BootEvent } from "../../boot/event.ts";
import type { GenerationId } from "../../boot/generation.ts";
import type { HostName } from "../../boot/host.ts";
import type { Peer } from "../../boot/peer.ts";
import type { BootId } from "../../boot/session/session.ts";
import {
  BOOT_ID_BYTES,
  type Claim,
  formatHex,
  GENERATION_MARK_BYTES,
  HOST_MARK_BYTES,
} from "../../wire/check-in/claim.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Body } from "../http/http-body.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";
import type { Store } from "../store/store.ts";
import type { World } from "../world.ts";
import { markOf, openSecret } from "./check-in-secret.ts";
import { openGenerationMarks } from "./generation-marks.ts";
import { createHostMarks } from "./host-marks.ts";
import { readReport } from "./report.ts";
import { openTakenReports } from "./taken-reports.ts";

export interface CheckIns {
  readonly beginBoot: BeginBoot;
  /**
   * Takes a report: when it resolves it is on the disk, and was recorded as `checked-in`.
   *
   * @param read - reads the report; it is called for a token that counts, and no other
   * @returns why it was not taken, which was recorded then; `undefined` if it was
   */
  take(token: CheckInToken, peer: Peer, read: () => Promise<Body>): Promise<CheckInRefusal | undefined>;
  /** For which boot a token was made, however old it is; `undefined` for one that is none of ours. */
  origin(token: CheckInToken): TokenOrigin | undefined;
  /**
   * Records once more the reports that came just before a server was killed: they were acknowledged, and
   * who keeps something of them may not have come to it. To be called when all of those listen.
   */
  resume(): void;
  close(): Promise<void>;
}

/** What a token proves of the machine that has it. */
export interface TokenOrigin {
  readonly mac: Mac;
  /** Absent: there is no such host any more. */
  readonly host?: HostName;
  /** Whether it was booted into this generation. */
  isOf(generation: GenerationId): boolean;
}

export interface CheckInParts {
  readonly world: World;
  readonly store: Store;
  /** The machine at an address; `undefined` where that is not known, or not certain. */
  readonly whose: (address: Ipv4) => Mac | undefined;
  /** Milliseconds since the epoch, which only go forward while the process lives. */
  readonly nowMs?: () => number;
}

/** Machines that were given a boot; one that is not among the last ones is taken for nobody in particular. */
const MAX_MACHINES = 8192;

export async function openCheckIns(parts: CheckInParts): Promise<CheckIns> {
  const { world, store, whose, nowMs = steadyMs } = parts;
  const secret = await openSecret(store);
  const generations = await openGenerationMarks(store, TOKEN_MS, nowMs);
  const reports = await openTakenReports(store, TOKEN_MS, nowMs);
  const hosts = createHostMarks();
  const booted = createBoundedMap<true>(MAX_MACHINES);

  function senderAt(address: Ipv4): Sender | undefined {
    const mac = whose(address);
    if (mac === undefined) return undefined;
    const host = namedHost({ mac, stage: "uefi" }, world.snapshot())?.name;
    return { mac, boots: booted.get(mac) === true, ...(host === undefined ? {} : { host }) };
  }

  /** Asked twice: while the report was read, another one may have come. */
  function judge(claim: Claim | undefined, peer: Peer): CheckInRefusal | undefined {
    const host = claim && hosts.find(claim.hostMark, world.snapshot());
    const isUsed = claim !== undefined && reports.has(claim.bootId);
    return judgeToken({ claim, host, isUsed, sender: senderAt(peer.address), nowMs: nowMs() });
  }

  async function takeClaim(
    claim: Claim | undefined,
    peer: Peer,
    read: () => Promise<Body>,
  ): Promise<CheckInRefusal | undefined> {
    const early = judge(claim, peer);
    if (claim === undefined || early !== undefined) return early;
    const generation = generations.find(claim.generationMark, world.snapshot());
    if (generation === undefined) return "token-expired";
    const body = await read();
    if (body.type === "too-large") return "report-too-large";
    if (body.type === "cut-off") return "report-cut-off";
    const checkIn = readReport(body.bytes, body.contentType, Date.now());
    if (checkIn === undefined) return "report-unreadable";
    const late = judge(claim, peer);
    if (late !== undefined) return late;
    const { bootId, mac } = claim;
    const host = hosts.find(claim.hostMark, world.snapshot());
    const report = { bootId, mac, generation, checkIn, peer, ...(host === undefined ? {} : { host }) };
    if (!(await reports.take(report))) return "report-unkept";
    world.record({ type: "checked-in", ...report });
    return undefined;
  }

  return {
    beginBoot({ mac, host, generation }) {
      booted.set(mac, true);
      const bootId = formatHex(randomBytes(BOOT_ID_BYTES));
      if (secret === undefined || host.checkIn === false) return { bootId };
      const checkIn = secret.sign({
        ...{ bootId, mac },
        issuedSeconds: Math.floor(nowMs() / 1000),
        generationMark: generations.mark(generation.id),
        hostMark: markOf(host.name, HOST_MARK_BYTES),
      });
      return { bootId, checkIn };
    },
    async take(token, peer, read) {
      const claim = secret?.verify(token);
      const refusal = await takeClaim(claim, peer, read);
      if (refusal !== undefined) world.record(refused(refusal, peer, claim?.bootId));
      return refusal;
    },
    origin(token) {
      const claim = secret?.verify(token);
      if (claim === undefined) return undefined;
      const { mac, hostMark, generationMark } = claim;
      const host = hosts.find(hostMark, world.snapshot());
      return {
        mac,
        ...(host === undefined ? {} : { host }),
        isOf: (generation) => markOf(generation, GENERATION_MARK_BYTES) === generationMark,
      };
    },
    resume() {
      for (const report of reports.takeUp()) world.record({ type: "checked-in", ...report });
    },
    close: reports.close,
  };
}

function refused(reason: CheckInRefusal, peer: Peer, bootId: BootId | undefined): BootEvent {
  return { type: "check-in-refused", peer, reason, ...(bootId === undefined ? {} : { bootId }) };
}

/** A server without a battery starts in 1970 and is put right later: a token must not age by that. */
function steadyMs(): number {
  return performance.timeOrigin + performance.now();
}
