/** What spanning tree's messages at a network card tell of the ports that machines boot at. Pure. */

import type { Bpdu } from "../../wire/net/bpdu.ts";
import type { ProbedNetwork } from "./facts.ts";
import { type Finding, ok } from "./finding.ts";

const KIND: Readonly<Record<Bpdu["kind"], string>> = { stp: "STP", rstp: "RSTP", mstp: "MSTP" };

/** Firmware gives up before a port forwards that has to listen and to learn first. */
const CURE =
  "set the ports of machines that boot to 'portfast' or 'edge', or switch spanning tree off on them";
/** So short that firmware does not notice. */
const SHORT_SECONDS = 4;

/** @param seconds - for how long it was listened */
export function treeFinding({ interface: on, bpdus }: ProbedNetwork, seconds: number): Finding {
  if (bpdus === undefined) {
    return {
      code: "spanning-tree",
      level: "warning",
      text: `spanning tree could not be listened for on ${on}`,
      cure: "run this as root, where the package koffi is installed",
    };
  }
  // One that does not forward yet is the news, whatever others say.
  const bpdu = bpdus.find(({ forwards }) => forwards === false) ?? bpdus[0];
  if (bpdu === undefined) return ok("spanning-tree", `no spanning tree was heard on ${on} in ${seconds} s`);
  const { kind, bridge, forwardDelaySeconds, forwards } = bpdu;
  const who = `the switch at ${on} speaks spanning tree (${KIND[kind]}, ${bridge})`;
  const delay = Math.round(2 * forwardDelaySeconds);
  if (forwards === false) {
    const text = `${who}, and its port here lets nothing through yet`;
    return { code: "spanning-tree", level: "warning", text, cure: CURE };
  }
  if (delay <= SHORT_SECONDS) return ok("spanning-tree", `${who}, and its ports wait ${delay} s at most`);
  const text = `${who}: a port waits up to ${delay} s after its link came before a machine is heard`;
  return { code: "spanning-tree", level: "warning", text, cure: CURE };
}
