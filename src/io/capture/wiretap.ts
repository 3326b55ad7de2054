/** Lets what passes the sockets be recorded: hands it to whoever records, with no token of a check-in in it. */

import type { CaptureWish } from "../../boot/capture/capture-wish.ts";
import {
  dataBlock,
  isRelayed,
  keptOfTftp,
  linkAddress,
  machineOfDhcp,
  OUR_MAC,
  ROUTER_MAC,
} from "../../boot/capture/datagram.ts";
import { type Side, type TalkEvent, type TcpTalk, talkStep, UNDER_WAY } from "../../boot/capture/tcp-talk.ts";
import { type StrikeState, strikeTokens, WITHIN_TOKEN } from "../../wire/check-in/strike-token.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { encodeTcpFrame, encodeUdpFrame, type Station } from "../../wire/pcap/frame.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";
import type { World } from "../world.ts";
import { type CaptureSink, type Passing, type Recorder, startRecorder } from "./recorder.ts";
import type { Connection, Ends, Tap, Wire } from "./wire.ts";

export interface Wiretap {
  readonly wire: Wire;
  /** Begins to record. @returns what ends it; `undefined` while too many record */
  record(wish: CaptureWish, sink: CaptureSink): (() => void) | undefined;
  /** Ends all of them. */
  close(): void;
}

export interface WiretapParts {
  readonly world: Pick<World, "subscribe" | "record">;
  /** The machine at an address, where that is certain. */
  readonly whose: (address: Ipv4) => Mac | undefined;
  /** The hardware addresses of our addresses, as they are now. */
  readonly ownMacs: () => ReadonlyMap<Ipv4, Mac>;
  /** Milliseconds since 1970, with fractions. */
  readonly now?: () => number;
}

const MAX_RECORDERS = 16;

export function createWiretap({ world, whose, ownMacs, now = preciseNow }: WiretapParts): Wiretap {
  const recorders = new Set<Recorder>();
  const listeners = new Set<() => void>();
  let tap: Tap | undefined;
  let unsubscribe: (() => void) | undefined;

  function pass(passing: Passing): void {
    for (const recorder of recorders) recorder.take(passing);
  }
  function begin(): void {
    tap = guarded(createTap(ownMacs(), pass), (error) =>
      world.record({ type: "bug", via: "capture", error }),
    );
    unsubscribe = world.subscribe((event) => {
      for (const recorder of recorders) recorder.note(event);
    });
    for (const listener of listeners) listener();
  }
  function leave(recorder: Recorder): void {
    recorders.delete(recorder);
    if (recorders.size > 0) return;
    tap = undefined;
    unsubscribe?.();
  }
  return {
    wire: {
      get tap() {
        return tap;
      },
      onBegin(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    record(wish, sink) {
      if (recorders.size >= MAX_RECORDERS) return undefined;
      const recorder = startRecorder({ wish, sink, whose, now, onEnd: () => leave(recorder) });
      recorders.add(recorder);
      if (recorders.size === 1) begin();
      return recorder.stop;
    },
    close() {
      for (const recorder of [...recorders]) recorder.stop();
    },
  };
}

/** The wall clock has milliseconds only. */
function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Whoever watches must not be able to stop what it watches. */
function guarded({ datagram, talk }: Tap, onError: (error: unknown) => void): Tap {
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      onError(error);
    }
  };
  return {
    datagram: (...passed) => attempt(() => datagram(...passed)),
    talk: (...passed) => attempt(() => talk(...passed)),
  };
}

function createTap(ownMacs: ReadonlyMap<Ipv4, Mac>, pass: (passing: Passing) => void): Tap {
  const files = createFileStriker();
  const talks = new WeakMap<Connection, Talk>();
  return {
    datagram(kind, ends, bytes, isOurs) {
      const isDhcp = kind === "dhcp";
      const mac = isDhcp ? machineOfDhcp(bytes) : undefined;
      // Of most packets nobody wants to know.
      let struck: Uint8Array | undefined;
      pass({
        peer: ends.peer,
        ...(mac === undefined ? {} : { mac }),
        frame(machine, isWhole) {
          struck ??= isDhcp ? bytes : files.strike(ends, bytes);
          const other = isDhcp && isRelayed(bytes) ? ROUTER_MAC : machine;
          const [source, destination] = stations(ends, { other, own: ownMacs.get(ends.own.address) }, isOurs);
          const keep = isWhole || isDhcp ? struck.length : keptOfTftp(struck);
          return encodeUdpFrame({ source, destination, payload: struck, keep });
        },
      });
    },
    talk(connection, event) {
      const talk = talks.get(connection) ?? newTalk();
      talks.set(connection, talk);
      passTalk(connection, event, talk, { ownMacs, pass });
    },
  };
}

function stations(
  { peer, own }: Ends,
  macs: { readonly other: Mac; readonly own: Mac | undefined },
  isOurs: boolean,
): readonly [source: Station, destination: Station] {
  const theirs = { ...peer, mac: linkAddress(peer.address, macs.other) };
  const ours = { ...own, mac: linkAddress(own.address, macs.own ?? OUR_MAC) };
  return isOurs ? [ours, theirs] : [theirs, ours];
}

/** What is known of a connection. */
interface Talk {
  state: TcpTalk;
  /** What one side has said since the other one did. */
  turn: { readonly from: Side; bytes: number; strike: StrikeState };
}

function newTalk(): Talk {
  return { state: UNDER_WAY, turn: { from: "client", bytes: 0, strike: 0 } };
}

/** Kept of each request and of each answer: their heads, and the scripts whole. */
const KEPT_TURN_BYTES = 8192;

interface TalkParts {
  readonly ownMacs: ReadonlyMap<Ipv4, Mac>;
  readonly pass: (passing: Passing) => void;
}

function passTalk(connection: Connection, event: TalkEvent, talk: Talk, { ownMacs, pass }: TalkParts): void {
  const [state, segments] = talkStep(talk.state, event);
  talk.state = state;
  for (const segment of segments) {
    if (talk.turn.from !== segment.from) talk.turn = { from: segment.from, bytes: 0, strike: 0 };
    const { turn } = talk;
    const room = Math.max(0, KEPT_TURN_BYTES - turn.bytes);
    turn.bytes += segment.payload.length;
    let struck: Uint8Array | undefined;
    pass({
      peer: connection.peer,
      frame(machine, isWhole) {
        if (struck === undefined && (isWhole || room > 0))
          [turn.strike, struck] = strikeTokens(turn.strike, segment.payload);
        const macs = { other: machine, own: ownMacs.get(connection.own.address) };
        const [source, destination] = stations(connection, macs, segment.from === "server");
        const payload = struck ?? segment.payload;
        const keep = isWhole ? payload.length : room;
        return encodeTcpFrame({ ...segment, payload, source, destination, keep });
      },
    });
    // Of what was not looked at nobody knows how it ends.
    if (struck === undefined && segment.payload.length > 0) turn.strike = WITHIN_TOKEN;
  }
}

/** Conversations of which it is known how their blocks ended. */
const MAX_FILES = 1024;
/** So many may be on their way before the first one is acknowledged. */
const FIRST_BLOCKS = 64;

interface FileBlocks {
  /** The last one that was seen first, as on the wire. */
  last: number;
  /** How a block ended, where that is not the ordinary way. */
  readonly odd: Map<number, StrikeState>;
}

/** Strikes tokens out of files that are sent block by block: one may lie in two of them. */
function createFileStriker() {
  const files = createBoundedMap<FileBlocks>(MAX_FILES);
  return {
    strike({ peer }: Ends, bytes: Uint8Array): Uint8Array {
      const block = dataBlock(bytes);
      if (block === undefined) return strikeTokens(0, bytes)[1];
      const key = `${peer.address}:${peer.port}`;
      const before = files.get(key);
      // A first block that is sent again begins nothing.
      const known = block === 1 && (before?.last ?? 0) > FIRST_BLOCKS ? undefined : before;
      const file = known ?? { last: block, odd: new Map() };
      const [state, data] = strikeTokens(stateBefore(known, block), bytes.subarray(4));
      if (isAhead(block, file.last)) file.last = block;
      if (state === 0) file.odd.delete(block);
      else file.odd.set(block, state);
      if (known === undefined) files.set(key, file);
      if (data.buffer === bytes.buffer) return bytes;
      const struck = Uint8Array.from(bytes);
      struck.set(data, 4);
      return struck;
    },
  };
}

/** Of a block whose predecessor was not seen, nobody knows what it begins with. */
function stateBefore(file: FileBlocks | undefined, block: number): StrikeState {
  if (block === 1) return 0;
  const before = (block - 1) & 0xffff;
  return file === undefined || isAhead(before, file.last) ? WITHIN_TOKEN : (file.odd.get(before) ?? 0);
}

/** Block numbers have 16 bits, and begin anew in large files. */
function isAhead(block: number, last: number): boolean {
  const ahead = (block - last) & 0xffff;
  return ahead !== 0 && ahead < 0x8000;
}
