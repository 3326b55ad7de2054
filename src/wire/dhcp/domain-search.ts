/**
 * Option 119: domains to search, each as labels with their lengths and a zero at its end.
 *
 * DNS's back references, which the option allows, are not written: not every client follows them.
 *
 * @see RFC 3397 §2
 */

import { concat } from "../bytes.ts";
import { WireError } from "../error.ts";
import { encodeText } from "./text.ts";

const MAX_LABEL_BYTES = 63;

/** Writes option 119. @throws {@link WireError} `WIRE_BAD_VALUE` for a name with an empty or too long label */
export function encodeDomainSearch(domains: readonly string[]): Uint8Array {
  return concat(
    domains.map((domain) => {
      const labels = domain.replace(/\.$/, "").split(".").map(encodeText);
      if (labels.some(({ length }) => length === 0 || length > MAX_LABEL_BYTES)) {
        throw new WireError("WIRE_BAD_VALUE", `'${domain}' is no domain`);
      }
      return concat([...labels.flatMap((label) => [Uint8Array.of(label.length), label]), Uint8Array.of(0)]);
    }),
  );
}
