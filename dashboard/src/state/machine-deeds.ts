/** What can be done with machines and builds, each with what it will do. Pure. */

import type { MachineView } from "../../../src/web/schema/machines.ts";
import { type Deed, listText } from "./deed.ts";

type Approved = Pick<MachineView, "mac" | "host" | "approved">;

/** @param hasImage - whether that host has something to boot already; `undefined`: nobody knows it yet */
export function approveDeed({ mac, approved }: Approved, host: string, hasImage: boolean | undefined): Deed {
  const when = hasImage === true ? "If" : `Where boot-media/hosts/${host} has an image, and if`;
  const then =
    hasImage === false
      ? `${host} has no image yet: the machine boots as soon as there is one, at boot-media/hosts/${host}, or where its image: says.`
      : `${when} it waits at its screen, it boots the image of ${host} within ten seconds, untouched; else at its next boot.`;
  return {
    title: `Approve ${mac}`,
    says: [
      `The machine ${mac} is the host ${host} from now on, as if the configuration said so.`,
      ...(approved === undefined || approved === host ? [] : [`It was approved as ${approved} before.`]),
      then,
    ],
    verb: "Approve",
    calls: [{ method: "POST", path: `/machines/${mac}/approve`, body: { host } }],
    done: `${mac} is approved as ${host}.`,
    ...(approved === undefined ? { isFirst: true } : { versionPath: `/machines/${mac}/approve` }),
  };
}

export function unapproveDeed({ mac, approved }: Approved): Deed {
  return {
    title: `Take the approval of ${mac} back`,
    says: [
      `From its next boot on the machine ${mac} is not ${approved ?? "a host"} any more, unless the configuration says so.`,
      "What runs on it goes on until it restarts.",
    ],
    verb: "Take back",
    calls: [{ method: "DELETE", path: `/machines/${mac}/approve` }],
    done: `${mac} is not approved any more.`,
    versionPath: `/machines/${mac}/approve`,
  };
}

export function forgetDeed({ mac, approved }: Approved): Deed {
  return {
    title: `Forget ${mac}`,
    says: [
      `That ${mac} was seen is forgotten${approved === undefined ? "" : `, and that it was approved as ${approved}`}.`,
      "When it asks again it is here again. Its boots stay in the list of boots.",
    ],
    verb: "Forget",
    calls: [{ method: "DELETE", path: `/machines/${mac}` }],
    versionPath: `/machines/${mac}`,
    done: `${mac} is forgotten.`,
  };
}

/** @param name - of the host; absent: a machine without one. @param macs - at least one */
export function wakeDeed(macs: readonly string[], name?: string): Deed {
  const [first = ""] = macs;
  const whose = name === undefined || name === first ? "" : ` of ${name}`;
  return {
    title: `Wake ${name ?? first}`,
    says: [
      `A magic packet goes out now to ${listText(macs, 6)}${whose}.`,
      `${macs.length === 1 ? "It switches the machine" : "They switch those"} on whose firmware waits for such packets; nothing tells whether it did. What is on already is not disturbed.`,
    ],
    verb: "Wake",
    calls: macs.map((mac) => ({ method: "POST", path: `/machines/${mac}/wake` })),
    done: `A magic packet has left for ${listText(macs, 6)}.`,
  };
}

export function buildDeed(host: string, installable: string): Deed {
  return {
    title: `Build ${host}`,
    says: [
      `nix builds ${installable} now, or after the builds that wait.`,
      `When that went well the next boot of ${host} gets the new image, as its rollout has it. What runs now goes on until it restarts.`,
    ],
    verb: "Build",
    calls: [{ method: "POST", path: `/hosts/${encodeURIComponent(host)}/build`, body: {} }],
    done: `${host} is being built.`,
  };
}

export function stopBuildDeed(host: string): Deed {
  return {
    title: `Call off the build of ${host}`,
    says: [`The build of ${host} that waits or runs ends now. ${host} goes on getting what it gets.`],
    verb: "Call off",
    calls: [{ method: "DELETE", path: `/hosts/${encodeURIComponent(host)}/build` }],
    done: `The build of ${host} is called off.`,
  };
}
