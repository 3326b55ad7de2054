/** Words for how far one boot has come: how long its stages took, and why it came no further. Pure. */

import { formatMs } from "./amount.ts";
import { baseName } from "./base-name.ts";
import type { BootStage, BootWatch, WatchLine } from "./stages.ts";

/** How long each stage took, as far as the boot came: lines of a time and a name. A stage just reached took none. */
export function summarise({ reached }: BootWatch, endedAtMs: number): readonly WatchLine[] {
  return reached.flatMap(({ stage, atMs }, index) => {
    const untilMs = reached[index + 1]?.atMs ?? endedAtMs;
    return untilMs === atMs
      ? []
      : [{ label: formatMs(untilMs - atMs), text: STAGE_TEXT[stage], passing: false }];
  });
}

const STAGE_TEXT: Readonly<Record<BootStage, string>> = {
  firmware: "firmware, until it asked the network",
  program: "firmware fetching and starting the boot program",
  ipxe: "iPXE, until it had its script",
  files: "kernel and initrd",
  kernel: "kernel, until its first words",
  linux: "Linux, until the system spoke",
  system: "the system",
};

/** Why a boot that came no further did not, and what to do about it. */
export function explainStop(watch: BootWatch): { readonly what: string; readonly cure: string } {
  if (watch.refusal !== undefined && watch.stage !== "linux" && watch.stage !== "system") {
    return { what: "Mayfly did not let it boot", cure: watch.refusal };
  }
  const partly = watch.fetching === undefined ? "" : ` (${baseName(watch.fetching.path)} was under way)`;
  return { what: `${STOP_TEXT[watch.stage].what}${partly}`, cure: STOP_TEXT[watch.stage].cure };
}

const STOP_TEXT: Readonly<Record<BootStage, { readonly what: string; readonly cure: string }>> = {
  firmware: {
    what: "the firmware never asked the network",
    cure: "its screen says why; try another firmware with --firmware",
  },
  program: {
    what: "the firmware was told of the boot program and did not start it",
    cure: "its screen says why; another build of iPXE in boot-media/ipxe/ may do",
  },
  ipxe: {
    what: "iPXE started and did not get its script",
    cure: "its screen says why; another build of iPXE in boot-media/ipxe/ may do",
  },
  files: {
    what: "iPXE had its script and did not get its files",
    cure: "its screen says why; an image needs about three times the size of its initrd: try more with --memory",
  },
  kernel: {
    what: "the kernel was started and said nothing on the serial port",
    cure: "it may lack memory (--memory) or a serial console (is it built with one?)",
  },
  linux: {
    what: "Linux started and the system in the image did not speak",
    cure: "the kernel's last words say why; it may lack memory (--memory)",
  },
  system: { what: "the system spoke and did not finish", cure: "its last words say why" },
};
