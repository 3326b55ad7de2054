/** Another server that was heard, as the API shows it. Pure. */

import type { OtherServer } from "../boot/other-servers/known-servers.ts";
import { describeBootOffer } from "../boot/other-servers/server-answer.ts";
import { isoTime, present } from "./present.ts";
import type { OtherServerView } from "./schema/status.ts";

export function viewOtherServer(server: OtherServer): OtherServerView {
  const { address, mac, interface: on, givesAddresses, boot, lastMs } = server;
  const boots = boot === undefined ? undefined : describeBootOffer(boot);
  return { address, interface: on, givesAddresses, last: isoTime(lastMs), ...present({ mac, boots }) };
}
