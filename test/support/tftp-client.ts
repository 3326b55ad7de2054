/** A TFTP client without I/O, driven by the simulated network and by real sockets alike. */

import { concat } from "../../src/wire/bytes.ts";
import { findOption } from "../../src/wire/tftp/option.ts";
import { decodePacket, encodePacket, type TftpPacket } from "../../src/wire/tftp/packet.ts";

export interface ClientOptions {
  readonly filename: string;
  readonly mode?: string;
  readonly options?: readonly { readonly name: string; readonly value: string }[];
  /** What it does with a block that it did not expect: EDK2 acknowledges what it has, others wait. */
  readonly onGap?: "ack" | "wait";
}

export interface TestClient {
  readonly request: Uint8Array;
  /** What it answers to a packet of the server. */
  receive(packet: Uint8Array): readonly Uint8Array[];
  /** What it sends when nothing came for a while: its last packet once more. */
  timeout(): readonly Uint8Array[];
  outcome(): ClientOutcome;
}

export type ClientOutcome =
  | { readonly type: "waiting" }
  | { readonly type: "complete"; readonly bytes: Uint8Array; readonly oack: readonly string[] | undefined }
  | { readonly type: "refused"; readonly code: number; readonly message: string };

export function createTestClient({ filename, mode = "octet", options = [], onGap = "ack" }: ClientOptions) {
  const request = encodePacket({ type: "RRQ", filename, mode, options });
  const blocks: Uint8Array[] = [];
  let blockSize = 512;
  let windowSize = 1;
  let oack: readonly string[] | undefined;
  let inWindow = 0;
  let last = request;
  let outcome: ClientOutcome = { type: "waiting" };

  function ack(): readonly Uint8Array[] {
    inWindow = 0;
    last = encodePacket({ type: "ACK", block: blocks.length & 0xffff });
    return [last];
  }
  function receiveData(block: number, data: Uint8Array): readonly Uint8Array[] {
    if (block !== ((blocks.length + 1) & 0xffff)) return onGap === "ack" && blocks.length > 0 ? ack() : [];
    blocks.push(data.slice());
    inWindow++;
    if (data.length < blockSize) {
      outcome = { type: "complete", bytes: concat(blocks), oack };
      return ack();
    }
    return inWindow === windowSize ? ack() : [];
  }
  function receive(bytes: Uint8Array): readonly Uint8Array[] {
    const packet: TftpPacket = decodePacket(bytes);
    switch (packet.type) {
      case "DATA":
        // Complete, and the server has not heard of it: as every client does that lingers for a while.
        if (outcome.type === "complete") return [last];
        return receiveData(packet.block, packet.data);
      case "OACK":
        if (blocks.length > 0) return [];
        oack = packet.options.map(({ name, value }) => `${name}=${value}`);
        blockSize = Number(findOption(packet.options, "blksize") ?? 512);
        windowSize = Number(findOption(packet.options, "windowsize") ?? 1);
        return ack();
      case "ERROR":
        if (outcome.type === "waiting") {
          outcome = { type: "refused", code: packet.code, message: packet.message };
        }
        return [];
      default:
        return [];
    }
  }
  const client: TestClient = { request, receive, timeout: () => [last], outcome: () => outcome };
  return client;
}
