/** Asks the networks who gives addresses and who something to boot, and listens for a few seconds; takes nothing. */

import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ProbeAnswer, ProbedNetwork, ProbeFacts } from "../../boot/doctor/facts.ts";
import { probedServer } from "../../boot/doctor/probe-findings.ts";
import { type HeardAnswer, readAnswerFrame } from "../../boot/other-servers/answer-frame.ts";
import { makeProbe, mayflyMode, PROBE_ARCHS, probeMac } from "../../boot/other-servers/probe.ts";
import { mergeAnswers, readServerAnswer } from "../../boot/other-servers/server-answer.ts";
import type { Arrival } from "../../boot/peer.ts";
import { encodePacket } from "../../wire/dhcp/packet.ts";
import { WireError } from "../../wire/error.ts";
import { type Bpdu, decodeBpdu } from "../../wire/net/bpdu.ts";
import { type FrameEar, openFrameEar } from "../dhcp/frame-ear.ts";
import { BPDUS, DHCP_ANSWERS } from "../dhcp/frame-kinds.ts";
import { type FrameKind, loadNativeRaw, type NativeRaw } from "../dhcp/native-raw.ts";
import { loadNativeUdp, type NativeUdp } from "../dhcp/native-udp.ts";
import { openProbeSocket, type ProbeSocket } from "./probe-socket.ts";

/** A server that first looks whether the address is free answers after 1 to 3 s. */
const ASK_EVERY_MS = 2_000;
/** The kernel keeps what comes, and the doctor is there for this alone. */
const LOOK_EVERY_MS = 20;

interface Native {
  readonly raw: NativeRaw | undefined;
  readonly udp: NativeUdp | undefined;
}

/**
 * Asks on each interface, once for all of its addresses.
 *
 * @param arrivals - the served ones
 * @param wanted - packet sockets and sockets tied to interfaces: `auto` where they can be had, `false` never
 */
export async function probeNetworks(
  arrivals: readonly Arrival[],
  seconds: number,
  wanted: "auto" | false = "auto",
): Promise<ProbeFacts> {
  const isWanted = wanted === "auto";
  const native = {
    raw: isWanted ? await loadNativeRaw() : undefined,
    udp: isWanted ? await loadNativeUdp() : undefined,
  };
  const first = new Map(arrivals.toReversed().map((each) => [each.interface, each]));
  const networks = await Promise.all([...first.values()].map((each) => probe(each, seconds, native)));
  return { seconds, networks };
}

/** One network, asked as each kind of firmware. */
async function probe(arrival: Arrival, seconds: number, { raw, udp }: Native): Promise<ProbedNetwork> {
  const { interface: on } = arrival;
  const collected = collect();
  const ears = [
    openEar(raw, on, DHCP_ANSWERS, (frame) => collected.hear(readAnswerFrame(frame))),
    openEar(raw, on, BPDUS, collected.hearTree),
  ];
  const [answersEar, treeEar] = ears;
  let socket: ProbeSocket | undefined;
  let hearsOwn = false;
  try {
    socket = await openProbeSocket(arrival, udp, collected.hear);
    hearsOwn = socket.deaf === undefined;
    if (answersEar === undefined && socket.deaf !== undefined) throw socket.deaf;
    await ask(socket, collected, seconds);
  } catch (error) {
    return { interface: on, answers: [], hearsOwn: false, trouble: troubleOf(error) };
  } finally {
    for (const ear of ears) ear?.close();
    await socket?.close();
  }
  return {
    interface: on,
    answers: collected.answers(),
    hearsOwn,
    ...(treeEar === undefined ? {} : { bpdus: collected.bpdus() }),
  };
}

/** Sends the questions again and again until the time is over. @throws what keeps them from being sent */
async function ask(socket: ProbeSocket, { questions }: Collected, seconds: number): Promise<void> {
  const untilMs = performance.now() + seconds * 1000;
  for (let leftMs = seconds * 1000; leftMs > 0; leftMs = untilMs - performance.now()) {
    const secs = Math.round(seconds - leftMs / 1000);
    for (const question of questions) await socket.send(encodePacket(makeProbe({ ...question, secs })));
    await delay(Math.min(ASK_EVERY_MS, leftMs));
  }
}

type Collected = ReturnType<typeof collect>;

/** What is asked, and what has been heard of it. */
function collect() {
  const mac = probeMac(randomBytes(3));
  const questions = PROBE_ARCHS.map((arch) => ({ mac, arch, xid: randomBytes(4).readUInt32BE() }));
  const answers: ProbeAnswer[] = [];
  const trees = new Map<string, Bpdu>();
  return {
    questions,
    answers: () => mergeAnswers(answers, probedServer),
    bpdus: () => [...trees.values()],
    hear(heard: HeardAnswer | undefined): void {
      if (heard === undefined || !questions.some(({ xid }) => xid === heard.packet.xid)) return;
      const answer = readAnswer(heard);
      if (answer !== undefined && answers.length < MAX_ANSWERS) answers.push(answer);
    },
    hearTree(frame: Uint8Array): void {
      const bpdu = decodeBpdu(frame);
      if (bpdu !== undefined && trees.size < MAX_ANSWERS) trees.set(bpdu.bridge, bpdu);
    },
  };
}

/** More than any network has; whoever floods us is not listened to any longer. */
const MAX_ANSWERS = 256;

function readAnswer({ packet, from }: HeardAnswer): ProbeAnswer | undefined {
  try {
    const answer = readServerAnswer(packet, from);
    const mayfly = mayflyMode(packet);
    return answer && { ...answer, ...(mayfly === undefined ? {} : { mayfly }) };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** @returns `undefined` where there is no such ear to be had */
function openEar(
  raw: NativeRaw | undefined,
  device: string,
  kind: FrameKind,
  onFrame: (frame: Uint8Array) => void,
): FrameEar | undefined {
  try {
    return raw && openFrameEar(raw, { device, kind, everyMs: LOOK_EVERY_MS, onFrame });
  } catch {
    return undefined;
  }
}

function troubleOf(error: unknown): NonNullable<ProbedNetwork["trouble"]> {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EACCES":
      return { text: "this user may not open UDP port 68", cure: "run 'mayfly doctor --probe' as root" };
    case "EADDRINUSE":
      return {
        text: "another program has UDP port 68 for itself",
        cure: "stop this machine's DHCP client meanwhile; as root, and with the package koffi, it need not be stopped",
      };
    case "EPERM":
      return {
        text: "this machine's own firewall does not let the question out",
        cure: "let UDP to port 67 out ('nft list ruleset' shows the rules)",
      };
    default:
      return {
        text: error instanceof Error ? error.message : String(error),
        cure: "look whether the interface has a link and an address ('ip address')",
      };
  }
}
