/** Capture files of tcpdump and Wireshark, in both of their formats: bytes to packets. */

import { WireError } from "../error.ts";
import type { Capture } from "./captured-packet.ts";
import { decodePcap, isPcap } from "./pcap.ts";
import { decodePcapng, isPcapng } from "./pcapng.ts";

/**
 * Reads a capture file.
 *
 * @throws {@link WireError} `WIRE_BAD_MAGIC` for a file that is neither, `WIRE_TRUNCATED` for one that ends
 * inside its own header, `WIRE_BAD_LENGTH` and `WIRE_BAD_VALUE` for one that is damaged
 */
export function decodeCapture(read: Uint8Array): Capture {
  // A Buffer's subarrays are Buffers, and would look different from what our own codecs make.
  const file = new Uint8Array(read.buffer, read.byteOffset, read.length);
  if (isPcapng(file)) return decodePcapng(file);
  if (isPcap(file)) return decodePcap(file);
  const isCompressed = file[0] === 0x1f && file[1] === 0x8b;
  throw new WireError(
    "WIRE_BAD_MAGIC",
    isCompressed ? "it is compressed: gunzip it first" : "it is no capture of tcpdump or Wireshark",
    0,
  );
}
