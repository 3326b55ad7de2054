/** The noun `route`: what the name of a TFTP read request can stand for. */

import type { Mac } from "../../wire/net/mac.ts";
import type { BeginBoot } from "../check-in/begin-boot.ts";
import type { BootClient } from "../client.ts";
import type { BootDecision } from "../decide.ts";
import type { Notice } from "../event.ts";
import type { Generation } from "../generation.ts";
import type { HostName } from "../host.ts";
import type { BootPorts } from "../peer.ts";
import type { BootProgram } from "../program/program.ts";
import type { PiSource } from "../rpi4/layers.ts";
import type { PiPart } from "../rpi4/pi-tree.ts";
import type { BootId } from "../session/session.ts";

export type TftpRoute =
  | { readonly type: "program"; readonly path: string; readonly program: BootProgram }
  | {
      readonly type: "media";
      readonly path: string;
      readonly generation: Generation;
      /** Relative to the generation's folder. */
      readonly file: string;
    }
  | { readonly type: "text"; readonly path: string; readonly text: string }
  | {
      readonly type: "bytes";
      readonly path: string;
      readonly bytes: Uint8Array;
      readonly asked?: TftpAsked;
      /** Something that the operator may want to know of it. */
      readonly notice?: Notice;
    }
  | PiRoute
  | TftpRefusal;

export interface PiRoute {
  readonly type: "pi";
  readonly path: string;
  readonly source: PiSource;
  readonly sizeBytes: number;
  /** Absent where neither the path nor the address tells it. */
  readonly mac?: Mac;
  /** Absent for a board that no host names. */
  readonly host?: HostName;
  /** Its place in the boot: the first file that is fetched whole, what the processor then runs, or another. */
  readonly part: PiPart;
  /** Whether the board can fetch more blocks than a block's number has room for (T5). */
  readonly canRollOver: boolean;
}

/** A route that has bytes. */
export type ServedRoute = Exclude<TftpRoute, TftpRefusal>;

/** The machine that the name told, and what was decided for it. */
export interface TftpAsked {
  readonly client: BootClient;
  readonly decision: BootDecision;
  /** Of the boot that begins with it. */
  readonly bootId?: BootId;
}

export interface TftpRefusal {
  readonly type: "refused";
  readonly path: string;
  /** Of the ERROR packet: 1 not found, 2 not allowed. */
  readonly code: 1 | 2;
  /** Reason and cure, since operators read it on the machine's screen (T10). */
  readonly message: string;
  /** Firmware looks whether it is there and goes on without: no news. */
  readonly expected: boolean;
  readonly asked?: TftpAsked;
}

/** Where the request arrived, and what answers `autoexec.ipxe` there. */
export interface TftpSite {
  /** The machine that asks, where its address tells. */
  readonly from?: Mac;
  /** Our address that the machine reached. */
  readonly self: string;
  readonly ports: BootPorts;
  /** Writes the script in which iPXE identifies itself and comes back to `base`, as in `http://10.77.0.2:8080`. */
  readonly identifyScript: (base: string) => string;
  /** Absent where only the question is asked. */
  readonly beginBoot?: BeginBoot | undefined;
}
