/** Answers a Linux that will have another one in its place: its script, its plan, and the boot that begins. */

import { type BeginBoot, type CheckInToken, withCheckIn } from "../../boot/check-in/begin-boot.ts";
import type { BootClient } from "../../boot/client.ts";
import type { GenerationId } from "../../boot/generation.ts";
import type { Host, ImageName } from "../../boot/host.ts";
import { formatMediaQuery } from "../../boot/http/media-query.ts";
import {
  decideKexec,
  type KexecDecision,
  kexecHost,
  type Lack,
  unknownHost,
} from "../../boot/kexec/decide-kexec.ts";
import type { KexecQuestion } from "../../boot/kexec/kexec-question.ts";
import { kexecScript } from "../../boot/kexec/kexec-script.ts";
import { type Due, dueGeneration, formatNext, type NextAnswer, type Running } from "../../boot/kexec/next.ts";
import {
  formatPlan,
  formatRefusedPlan,
  formatRefusedScript,
  formatStart,
  formatWaitingPlan,
  plannedFiles,
} from "../../boot/kexec/plan.ts";
import type { Peer } from "../../boot/peer.ts";
import { commandLine } from "../../boot/script/command-line.ts";
import type { BaseUrl } from "../../boot/script/script.ts";
import type { Snapshot } from "../../boot/snapshot.ts";
import { WireError } from "../../wire/error.ts";
import type { TokenOrigin } from "../check-in/check-ins.ts";
import { type FileShelf, StaleFileError } from "../open-file.ts";
import { type World, whenPrepared } from "../world.ts";
import { createDigestReader } from "./file-digests.ts";
import type { TurnBook } from "./turn-book.ts";

export interface KexecDesk {
  answer(question: KexecQuestion, asking: Asking): Promise<KexecReply>;
}

export interface Asking {
  /** Where the machine reaches us. */
  readonly base: BaseUrl;
  readonly peer: Peer;
  /** Absent: what boots is not told where to report. */
  readonly beginBoot?: BeginBoot | undefined;
  /** Only what would be answered is wanted: nothing begins by it. */
  readonly isAsking: boolean;
}

export interface KexecReply {
  readonly status: 200 | 404;
  readonly text: string;
  /** For the log, where it is a refusal that no event tells. */
  readonly refusal?: string;
}

export interface KexecDeskParts {
  readonly world: World;
  readonly shelf: Pick<FileShelf, "openMedia">;
  /** A machine was told of this generation: it will come for the files. */
  readonly onNamed?: (generation: GenerationId) => void;
  /**
   * Takes what a machine will be told to boot, where that is for it alone and has to be kept first;
   * `undefined` where there is nothing to wait for.
   */
  readonly prepare?: (client: BootClient, host: Host) => Promise<void> | undefined;
  /** The generation that has this number in the history of an image. */
  readonly numbered?: (image: ImageName, number: number) => Promise<GenerationId | undefined>;
  /** What a check-in token proves; absent: nobody restarts by itself. */
  readonly origin?: (token: CheckInToken) => TokenOrigin | undefined;
  readonly turns?: Pick<TurnBook, "ask" | "giveBack">;
  /** How long one answer waits for digests, in milliseconds. */
  readonly digestMs?: number;
}

/** Less than any client waits for an answer. */
const DIGEST_MS = 8_000;
const ASK_AGAIN_SECONDS = 2;

interface Desk extends KexecDeskParts {
  readonly digests: ReturnType<typeof createDigestReader>;
}

/** What was decided, and what may come of it. */
type Booting = KexecDecision & { readonly asked: NonNullable<KexecDecision["asked"]> };

export function createKexecDesk(parts: KexecDeskParts): KexecDesk {
  const desk: Desk = { ...parts, digests: createDigestReader(parts.shelf) };
  return {
    async answer(question, asking) {
      switch (question.step) {
        case "script":
          return answerScript(desk, question, asking);
        case "plan":
          return answerPlan(desk, question, asking);
        case "start":
          return answerStart(desk, question, asking);
        case "next":
          return { status: 200, text: formatNext(await answerNext(desk, question, asking)) };
      }
    },
  };
}

function answerScript({ world }: Desk, { wish }: KexecQuestion, { base }: Asking): KexecReply {
  if (wish.host !== undefined && !world.snapshot().hosts.has(wish.host)) {
    const lack = unknownHost(wish.host);
    return { status: 404, text: formatRefusedScript([lack]), refusal: lack.what };
  }
  return { status: 200, text: kexecScript(base, wish) };
}

async function answerPlan(desk: Desk, question: KexecQuestion, asking: Asking): Promise<KexecReply> {
  const decided = await decide(desk, question);
  if (!isBooting(decided)) return refusePlan(desk, decided, asking);
  const { asked, lacks } = decided;
  const { host, generation } = asked.decision;
  desk.onNamed?.(generation.id);
  const digests = await desk.digests
    .of(generation, plannedFiles(generation), desk.digestMs ?? DIGEST_MS)
    .catch(ignoreStale);
  if (digests === "reading") return { status: 200, text: formatWaitingPlan(ASK_AGAIN_SECONDS) };
  if (digests === undefined) return { status: 200, text: formatRefusedPlan([gone(generation.id)]) };
  return { status: 200, text: formatPlan({ host, generation, lacks }, digests) };
}

async function answerStart(desk: Desk, question: KexecQuestion, asking: Asking): Promise<KexecReply> {
  // Doubts were cleared, or overruled, when the plan was made.
  const act = () => decide(desk, { ...question, force: true });
  const decided = await (asking.isAsking ? act() : prepared(desk, question, act));
  if (!isBooting(decided)) return refusePlan(desk, decided, asking);
  const { client, decision } = decided.asked;
  const { host, generation } = decision;
  if (question.planned !== undefined && question.planned !== generation.id) {
    return refusePlan(desk, { lacks: [gone(question.planned)] }, asking);
  }
  const begun = asking.isAsking ? undefined : asking.beginBoot?.({ mac: client.mac, host, generation });
  // The address of a Linux that runs may be known to nobody: its files' URLs say whose boot they are of.
  const query = formatMediaQuery({ bytesPerSecond: host.maxBytesPerSecond, bootId: begun?.bootId });
  try {
    const { text, notice } = withCheckIn(begun, asking.base, { host }, (checkIn) =>
      formatStart(commandLine(host, generation, checkIn), query),
    );
    if (asking.isAsking) return { status: 200, text };
    const bootId = begun === undefined ? {} : { bootId: begun.bootId };
    desk.world.record({ type: "script", via: "kexec", peer: asking.peer, client, decision, ...bootId });
    desk.onNamed?.(generation.id);
    if (notice !== undefined) desk.world.record({ type: "notice", ...notice });
    return { status: 200, text };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const what = `the kernel parameters of ${host.name} cannot be used: ${error.message}`;
    const text = formatRefusedPlan([{ what, cure: "on the server: shorten its kernelParams" }]);
    return { status: 200, text, refusal: what };
  }
}

async function answerNext(
  desk: Desk,
  { boot, isa }: KexecQuestion,
  { isAsking }: Asking,
): Promise<NextAnswer> {
  const { world, turns } = desk;
  const origin = boot === undefined ? undefined : desk.origin?.(boot);
  const look = () => dueNow(origin, isa, world.snapshot());
  const due = look();
  if (due.type === "stay" || origin === undefined || turns === undefined || isAsking)
    return { type: "stay", why: due.type === "stay" ? due.why : "it only asked" };
  const { host, generation } = due;
  const { mac } = origin;
  const why = await turns.ask({ mac, host, generation });
  if (why !== undefined) return { type: "wait", why };
  // Its place comes after its turn: a machine that waits for its turn keeps no other one from booting it.
  const client = { mac, stage: "kexec", ...(isa === undefined ? {} : { isa }) } as const;
  const { prepare } = desk;
  const kept = await (prepare === undefined
    ? look()
    : whenPrepared({ prepare }, { client, named: host }, look));
  if (kept.type === "due" && kept.generation.id === generation.id) return { type: "go", host, mac };
  await turns.giveBack(mac);
  return kept.type === "stay" ? kept : { type: "wait", why: "changed" };
}

function dueNow(origin: TokenOrigin | undefined, isa: KexecQuestion["isa"], snapshot: Snapshot): Due {
  return dueGeneration(origin && runningOf(origin, isa, snapshot), snapshot);
}

function runningOf(origin: TokenOrigin, isa: KexecQuestion["isa"], { hosts }: Snapshot): Running {
  const host = origin.host === undefined ? undefined : hosts.get(origin.host);
  return {
    mac: origin.mac,
    isOf: origin.isOf,
    ...(host === undefined ? {} : { host }),
    ...(isa === undefined ? {} : { isa }),
  };
}

/** A wish for a certain generation takes nobody's place. */
function prepared<Result>(
  { prepare, world }: Desk,
  question: KexecQuestion,
  act: () => Result,
): Result | Promise<Result> {
  const { mac, wish } = question;
  const host = kexecHost(question, world.snapshot());
  if (prepare === undefined || mac === undefined || wish.generation !== undefined || !("name" in host))
    return act();
  return whenPrepared({ prepare }, { client: { mac, stage: "kexec" }, named: host }, act);
}

async function decide(desk: Desk, question: KexecQuestion): Promise<KexecDecision> {
  const snapshot = desk.world.snapshot();
  const { generation } = question.wish;
  if (generation === undefined || !/^\d{1,9}$/.test(generation)) return decideKexec(question, snapshot);
  const host = kexecHost(question, snapshot);
  const id = "name" in host ? await desk.numbered?.(host.image, Number(generation)) : undefined;
  // Read anew: the number took a while.
  return decideKexec(question, desk.world.snapshot(), id);
}

type Loadable = Booting & {
  readonly asked: { readonly decision: Extract<Booting["asked"]["decision"], { type: "script" }> };
};

function isBooting(decided: KexecDecision): decided is Loadable {
  return decided.asked?.decision.type === "script" && decided.lacks.every(({ isDoubt }) => isDoubt);
}

/** A plan that says why not: the script tells it together with what else is missing. */
function refusePlan(
  { world }: Desk,
  { asked, lacks }: KexecDecision,
  { peer, isAsking }: Asking,
): KexecReply {
  const text = formatRefusedPlan(lacks);
  if (asked === undefined) return { status: 200, text, refusal: lacks.map(({ what }) => what).join("; ") };
  if (!isAsking) world.record({ type: "script", via: "kexec", peer, ...asked });
  return { status: 200, text };
}

function gone(id: GenerationId): Lack {
  return { what: `generation ${id} was replaced a moment ago`, cure: "start the command again" };
}

function ignoreStale(error: unknown): undefined {
  if (!(error instanceof StaleFileError)) throw error;
}
