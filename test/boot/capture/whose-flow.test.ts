import { expect, test } from "vitest";
import {
  claimFlow,
  type Flows,
  heldPeers,
  holdBack,
  judgeFlow,
  NO_FLOWS,
} from "../../../src/boot/capture/whose-flow.ts";

const MAC = "52:54:00:12:34:56";
const peer = { address: "10.0.0.7", port: 2070 };
const wish = { mac: MAC };

test("a conversation is the machine's by its address, by an event, or because its address was asked for", () => {
  expect(judgeFlow(NO_FLOWS, peer, wish, MAC)).toBe("own");
  expect(judgeFlow(NO_FLOWS, peer, wish, "52:54:00:00:00:01")).toBe("foreign");
  expect(judgeFlow(NO_FLOWS, peer, wish, undefined)).toBe("unknown");
  expect(judgeFlow(NO_FLOWS, peer, { ...wish, address: peer.address }, undefined)).toBe("own");
  const [claimed] = claimFlow(NO_FLOWS, peer);
  expect(judgeFlow(claimed, peer, wish, undefined)).toBe("own");
  // Of two machines behind one address the other one has another port.
  expect(judgeFlow(claimed, { ...peer, port: 2071 }, wish, undefined)).toBe("unknown");
});

test("what was held back is given once, in order, when the conversation is claimed", () => {
  let flows: Flows<number> = NO_FLOWS;
  for (let i = 0; i < 100; i++) flows = holdBack(flows, peer, i);
  expect(heldPeers(flows)).toEqual([peer]);
  const [after, { packets, lost }] = claimFlow(flows, peer);
  expect(packets).toEqual(Array.from({ length: 64 }, (_, i) => i));
  expect(lost).toBe(36);
  expect(claimFlow(after, peer)[1].packets).toEqual([]);
  expect(heldPeers(after)).toEqual([]);
});

test("a flood of conversations of nobody takes bounded room, and the oldest go first", () => {
  let flows: Flows<number> = NO_FLOWS;
  for (let port = 1; port <= 1000; port++) flows = holdBack(flows, { ...peer, port }, port);
  expect(heldPeers(flows).length).toBe(64);
  expect(heldPeers(flows).at(-1)?.port).toBe(1000);
});
