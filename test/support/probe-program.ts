/**
 * The address prober alone, as a program that a test starts in a namespace.
 *
 * Its one argument is JSON: `{ native, targets }`. It probes all targets at once and prints
 * `ADDRESS used|free MILLISECONDS` for each, and `done`.
 */

import { createAddressProber } from "../../src/io/dhcp/address-probe.ts";
import type { ProbeTarget } from "../../src/io/dhcp/probe-target.ts";

interface Arguments {
  readonly native: boolean;
  readonly targets: readonly ProbeTarget[];
}

const { native, targets }: Arguments = JSON.parse(process.argv[2] ?? "{}");
const prober = await createAddressProber(native ? "auto" : false);
await Promise.all(
  targets.map(async (target) => {
    const startMs = performance.now();
    const isInUse = await prober.isInUse(target);
    console.log(target.address, isInUse ? "used" : "free", Math.round(performance.now() - startMs));
  }),
);
console.log("done");
