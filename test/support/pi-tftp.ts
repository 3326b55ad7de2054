/**
 * The TFTP client of a Raspberry Pi's EEPROM, as far as its logs and reports tell: what it asks, what it
 * breaks off, and what it cannot do.
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { decodePacket, encodePacket } from "../../src/wire/tftp/packet.ts";

export type PiFetch =
  | { readonly type: "file"; readonly bytes: Uint8Array }
  /** It was there; the client sent "Early terminate", as it does when it only looks. */
  | { readonly type: "probed" }
  | { readonly type: "absent"; readonly message: string }
  /** What no Pi gets over: each is a boot that ends here. */
  | { readonly type: "failed"; readonly reason: "silence" | "rollover" | "slow-error" };

export interface PiTftpOptions {
  readonly server: string;
  readonly port?: number;
  /** 1468 since October 2022, 1024 before, absent: it sends no options at all. */
  readonly blockSize?: number;
  /** Since September 2025 block numbers may start over at 0. */
  readonly canRollOver: boolean;
  /** How long a file may take to begin: 30 s on the board (TFTP_FILE_TIMEOUT). */
  readonly fileTimeoutMs: number;
}

const DEFAULT_BLOCK_SIZE = 512;
const TFTP_PORT = 69;
const RETRY_MS = 1000;
/** An error that comes later than this delays the boot by what a person notices. */
const SLOW_ERROR_MS = 1000;

/** Fetches a file, or only looks whether it is there. */
export async function fetchAsPi(path: string, probe: boolean, options: PiTftpOptions): Promise<PiFetch> {
  const socket = createSocket("udp4");
  socket.bind(0);
  await once(socket, "listening");
  const { promise, resolve } = Promise.withResolvers<PiFetch>();
  const conversation = converse(path, probe, options, (bytes, port) =>
    socket.send(bytes, port, options.server),
  );
  socket.on("message", (bytes, from) => {
    idle.refresh();
    const outcome = conversation.receive(bytes, from.port);
    if (outcome !== undefined) resolve(outcome);
  });
  const retry = setInterval(() => conversation.repeat(), RETRY_MS);
  const idle = setTimeout(() => resolve({ type: "failed", reason: "silence" }), options.fileTimeoutMs);
  conversation.repeat();
  try {
    return await promise;
  } finally {
    clearInterval(retry);
    clearTimeout(idle);
    socket.close();
  }
}

interface Conversation {
  /** The outcome, once there is one. */
  receive(bytes: Uint8Array, port: number): PiFetch | undefined;
  /** Sends the last packet again. */
  repeat(): void;
}

function converse(
  path: string,
  probe: boolean,
  { port = TFTP_PORT, blockSize, canRollOver }: PiTftpOptions,
  send: (bytes: Uint8Array, port: number) => void,
): Conversation {
  const options =
    blockSize === undefined
      ? []
      : [
          ["tsize", "0"],
          ["blksize", String(blockSize)],
        ];
  const startedAt = performance.now();
  const blocks: Uint8Array[] = [];
  let size = DEFAULT_BLOCK_SIZE;
  let serverPort = port;
  let last = encodePacket({
    type: "RRQ",
    filename: path,
    mode: "octet",
    options: options.map(([name = "", value = ""]) => ({ name, value })),
  });
  const say = (bytes: Uint8Array) => {
    last = bytes;
    send(bytes, serverPort);
  };
  const breakOff = (): PiFetch => {
    say(encodePacket({ type: "ERROR", code: 0, message: "Early terminate" }));
    return { type: "probed" };
  };
  return {
    repeat: () => send(last, serverPort),
    receive(bytes, fromPort) {
      const packet = decodePacket(bytes);
      if (serverPort === port) serverPort = fromPort;
      if (fromPort !== serverPort) return undefined;
      switch (packet.type) {
        case "ERROR": {
          const late = performance.now() - startedAt > SLOW_ERROR_MS;
          return late
            ? { type: "failed", reason: "slow-error" }
            : { type: "absent", message: packet.message };
        }
        case "OACK":
          size = Number(packet.options.find(({ name }) => name === "blksize")?.value ?? DEFAULT_BLOCK_SIZE);
          if (probe) return breakOff();
          say(encodePacket({ type: "ACK", block: 0 }));
          return undefined;
        case "DATA": {
          if (probe) return breakOff();
          const expected = blocks.length + 1;
          if (expected > 0xffff && !canRollOver) return { type: "failed", reason: "rollover" };
          if (packet.block !== (expected & 0xffff)) return undefined;
          blocks.push(packet.data.slice());
          say(encodePacket({ type: "ACK", block: packet.block }));
          return packet.data.length < size ? { type: "file", bytes: Buffer.concat(blocks) } : undefined;
        }
        default:
          return undefined;
      }
    },
  };
}
