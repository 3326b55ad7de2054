/** One line for another server that was heard to answer a machine. Pure. */

import type { Description } from "../description.ts";
import type { BootEvent } from "../event.ts";
import { describeBootOffer } from "./server-answer.ts";

/** What to do about another server that gives machines something to boot. */
export const SWITCH_BOOT_OFF =
  "switch the boot part of that server off (its PXE, WDS or TFTP settings, DHCP options 43, 60, 66 and 67)";

/** What to do about a second server of addresses. */
export const SWITCH_DHCP_OFF =
  "switch one of the two off; beside another server Mayfly runs with 'dhcp: proxy', and gives no addresses";

export function describeForeignOffer(event: Extract<BootEvent, { type: "foreign-offer" }>): Description {
  const { mac, server, serverMac, interface: on, gives, boot, isNews } = event;
  const who = serverMac === undefined ? server : `${server} (${serverMac})`;
  const what = [
    ...(boot === undefined ? [] : [`something to boot (${describeBootOffer(boot)})`]),
    ...(gives === undefined ? [] : [boot === undefined ? "an address" : "its address"]),
  ].join(" and ");
  const text = `${who} on ${on} offers ${mac} ${what}`;
  if (isNews !== true) return { level: "debug", text };
  return { level: "warn", text: `${text}; ${boot === undefined ? SWITCH_DHCP_OFF : SWITCH_BOOT_OFF}` };
}
