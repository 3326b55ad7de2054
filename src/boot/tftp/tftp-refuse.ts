/** What is wrong with a TFTP request, whatever it asks for: writing, and modes that cannot be served. */

import { ERROR_ACCESS, ERROR_ILLEGAL, type TftpRequest } from "../../wire/tftp/packet.ts";

export interface RequestRefusal {
  /** Of the ERROR packet. */
  readonly code: number;
  /** Reason and cure (T10). */
  readonly message: string;
}

/** Largest file that is translated for a client that wants netascii: it is held in memory whole. */
export const MAX_NETASCII_BYTES = 4 * 1024 * 1024;

/** True where line ends are to be translated: the default of some command-line clients, of no firmware. */
export function wantsNetascii({ mode }: TftpRequest): boolean {
  return mode.toLowerCase() === "netascii";
}

/** Refuses what is no read, or has a mode that is none; `undefined` for a request that can be looked at. */
export function refuseRequest(request: TftpRequest): RequestRefusal | undefined {
  if (request.type === "WRQ") {
    return { code: ERROR_ACCESS, message: "nothing can be written here: this TFTP server is read only" };
  }
  if (request.mode.toLowerCase() === "octet" || wantsNetascii(request)) return undefined;
  return {
    code: ERROR_ILLEGAL,
    message: "only the modes octet (binary) and netascii are served: ask for octet",
  };
}

/** Refuses a file that is too large to be translated. */
export function refuseSize(request: TftpRequest, sizeBytes: number): RequestRefusal | undefined {
  if (!wantsNetascii(request) || sizeBytes <= MAX_NETASCII_BYTES) return undefined;
  return { code: ERROR_ILLEGAL, message: "too large for netascii: ask for octet, also called binary mode" };
}
