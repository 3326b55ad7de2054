/** What somebody wants recorded. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";

export interface CaptureWish {
  readonly mac: Mac;
  /** Everything to and from this address as well, whoever is there. */
  readonly address?: Ipv4;
  /** Files are kept whole; else the beginning of each. */
  readonly isWhole: boolean;
  /** How long; absent: until the machine's boot ends. */
  readonly seconds?: number;
}
