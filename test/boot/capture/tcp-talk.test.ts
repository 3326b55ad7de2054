import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type TalkEvent,
  type TalkSegment,
  type TcpTalk,
  talkStep,
  UNDER_WAY,
} from "../../../src/boot/capture/tcp-talk.ts";
import { TCP_FLAG } from "../../../src/wire/pcap/frame.ts";

function talk(events: readonly TalkEvent[]): readonly TalkSegment[] {
  let state: TcpTalk = UNDER_WAY;
  return events.flatMap((event) => {
    const [next, segments] = talkStep(state, event);
    state = next;
    return segments;
  });
}

const side = fc.constantFrom("client", "server");
const data = fc.record({
  type: fc.constant("data" as const),
  from: side as fc.Arbitrary<"client" | "server">,
  bytes: fc.nat(200_000).map((length) => new Uint8Array(length)),
});

test("each segment begins where its side's last one ended, and acknowledges all that the other has sent", () => {
  fc.assert(
    fc.property(fc.array(data, { maxLength: 6 }), (said) => {
      const end = ["client", "server"].map((from) => ({ type: "end", from }) as TalkEvent);
      const segments = talk([{ type: "open" }, ...said, ...end]);
      const next = { client: 0, server: 0 };
      for (const { from, sequence, acknowledgment, flags, payload } of segments) {
        const other = from === "client" ? "server" : "client";
        expect(sequence).toBe(next[from]);
        if ((flags & TCP_FLAG.ACK) !== 0) expect(acknowledgment).toBe(next[other]);
        const counts = (flags & (TCP_FLAG.SYN | TCP_FLAG.FIN)) === 0 ? 0 : 1;
        next[from] += payload.length + counts;
      }
      for (const from of ["client", "server"] as const) {
        const sent = said
          .filter((each) => each.from === from)
          .reduce((sum, { bytes }) => sum + bytes.length, 0);
        expect(next[from]).toBe(1 + sent + 1);
      }
    }),
  );
});

test("numbers begin anew behind 32 bits, and a side ends only once", () => {
  const [after, [segment]] = talkStep(
    { client: 0xffff_fff0, server: 1, ended: [] },
    { type: "data", from: "client", bytes: new Uint8Array(32) },
  );
  expect([segment?.sequence, after.client]).toEqual([0xffff_fff0, 0x10]);
  const [ended] = talkStep(after, { type: "end", from: "client" });
  expect(talkStep(ended, { type: "end", from: "client" })[1]).toEqual([]);
});
