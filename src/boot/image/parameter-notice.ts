/** Kernel parameters of a host that cannot reach its kernel, since its image is one file: for the operator to know. */

import type { Notice } from "../event.ts";
import type { BootFile } from "../generation.ts";
import type { Host } from "../host.ts";
import { generationFor } from "../rollout/choose-generation.ts";
import type { Snapshot } from "../snapshot.ts";

/** One for each such host. */
export function parameterNotices(snapshot: Snapshot): Notice[] {
  return [...snapshot.hosts.values()].flatMap((host) => {
    const generation = generationFor(host, undefined, snapshot);
    if (generation?.bootFile === undefined || host.kernelParams === "") return [];
    return [noticeFor(host, generation.bootFile, generation.kernel !== undefined)];
  });
}

function noticeFor({ name }: Host, { type, file }: BootFile, hasKernel: boolean): Notice {
  const level = "warn";
  if (type === "iso" && !hasKernel) {
    const text = `the kernelParams of ${name} are not used: ${file} is an ISO image, whose own boot loader has them`;
    return { level, text, cure: "build them into the image (boot.kernelParams)" };
  }
  return {
    level,
    text: `the kernelParams of ${name} do not reach a machine that boots ${file} by UEFI HTTP Boot: it starts the image as it is`,
    cure: "build them into the image (boot.kernelParams), or boot the machine by PXE, where iPXE passes them on",
  };
}
