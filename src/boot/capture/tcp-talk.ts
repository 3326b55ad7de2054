/**
 * A TCP connection as a capture shows it, told from what a program sent and received on its socket.
 *
 * The kernel keeps the segments to itself: these are made anew, with numbers that fit together. What was
 * resent, and how large the real segments were, cannot be told from here.
 *
 * @see RFC 9293
 */

import { MAX_TCP_PAYLOAD, TCP_FLAG } from "../../wire/pcap/frame.ts";

export interface TcpTalk {
  /** The number of the next byte of each side, 32 bits. */
  readonly client: number;
  readonly server: number;
  /** Which sides have said that nothing more comes of them. */
  readonly ended: readonly Side[];
}

export type Side = "client" | "server";

export type TalkEvent =
  /** A client has connected. */
  | { readonly type: "open" }
  | { readonly type: "data"; readonly from: Side; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly from: Side }
  /** It was broken off. */
  | { readonly type: "reset"; readonly from: Side };

/** A segment without the addresses. */
export interface TalkSegment {
  readonly from: Side;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** One that was there before anybody looked: its numbers begin here. */
export const UNDER_WAY: TcpTalk = { client: 1, server: 1, ended: [] };

const NOTHING = new Uint8Array();
const { ACK, FIN, PSH, RST, SYN } = TCP_FLAG;

/** The segments that an event has been. Pure. */
export function talkStep(talk: TcpTalk, event: TalkEvent): readonly [TcpTalk, readonly TalkSegment[]] {
  switch (event.type) {
    case "open":
      return [
        UNDER_WAY,
        [
          { from: "client", sequence: 0, acknowledgment: 0, flags: SYN, payload: NOTHING },
          { from: "server", sequence: 0, acknowledgment: 1, flags: SYN | ACK, payload: NOTHING },
          segment(UNDER_WAY, "client", ACK),
        ],
      ];
    case "data":
      return data(talk, event.from, event.bytes);
    case "end": {
      const { from } = event;
      if (talk.ended.includes(from)) return [talk, []];
      const after = { ...forward(talk, from, 1), ended: [...talk.ended, from] };
      return [after, [segment(talk, from, FIN | ACK), segment(after, other(from), ACK)]];
    }
    case "reset":
      return [{ ...talk, ended: ["client", "server"] }, [segment(talk, event.from, RST | ACK)]];
  }
}

function data(talk: TcpTalk, from: Side, bytes: Uint8Array): readonly [TcpTalk, readonly TalkSegment[]] {
  const segments: TalkSegment[] = [];
  let now = talk;
  for (let at = 0; at < bytes.length; at += MAX_TCP_PAYLOAD) {
    const payload = bytes.subarray(at, at + MAX_TCP_PAYLOAD);
    segments.push(segment(now, from, PSH | ACK, payload));
    now = forward(now, from, payload.length);
  }
  return [now, segments];
}

function segment(talk: TcpTalk, from: Side, flags: number, payload: Uint8Array = NOTHING): TalkSegment {
  return { from, sequence: talk[from], acknowledgment: talk[other(from)], flags, payload };
}

function forward(talk: TcpTalk, from: Side, bytes: number): TcpTalk {
  return { ...talk, [from]: (talk[from] + bytes) >>> 0 };
}

function other(side: Side): Side {
  return side === "client" ? "server" : "client";
}
