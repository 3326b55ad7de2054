/** The stages of a boot as people call them, and what kind of thing each is. */

import type { SessionStage } from "../../../src/boot/session/session.ts";

/** Asking for an address, starting a boot program, fetching what is booted, and what then runs. */
export type StageKind = "address" | "program" | "files" | "system";

interface StageWords {
  readonly name: string;
  /** While it goes on. */
  readonly doing: string;
  readonly kind: StageKind;
}

const STAGES: Readonly<Record<SessionStage, StageWords>> = {
  "firmware-dhcp": { name: "Firmware DHCP", doing: "asking for an address", kind: "address" },
  "proxy-dhcp": { name: "Port 4011", doing: "asking for its boot file", kind: "address" },
  "pi-firmware": { name: "Pi firmware", doing: "fetching the Pi's firmware", kind: "program" },
  "size-probe": { name: "Size probe", doing: "asking for a size", kind: "program" },
  "boot-program": { name: "Boot program", doing: "fetching the boot program", kind: "program" },
  autoexec: { name: "autoexec", doing: "looking for autoexec.ipxe", kind: "program" },
  "ipxe-dhcp": { name: "iPXE DHCP", doing: "asking as iPXE", kind: "address" },
  script: { name: "Script", doing: "asking for its script", kind: "program" },
  kernel: { name: "Kernel", doing: "fetching the kernel", kind: "files" },
  initrd: { name: "Initrd", doing: "fetching the initrd", kind: "files" },
  image: { name: "Image", doing: "fetching the image", kind: "files" },
  "kernel-dhcp": { name: "System DHCP", doing: "asking as the system", kind: "system" },
  "check-in": { name: "Check-in", doing: "up", kind: "system" },
};

/** A server that is newer than the page may know of others. */
export function stageWords(stage: string): StageWords {
  const words: Readonly<Record<string, StageWords | undefined>> = STAGES;
  return words[stage] ?? { name: stage, doing: stage, kind: "program" };
}

/** Every stage that is known, in the order of an ordinary boot. */
export const STAGE_ORDER: readonly string[] = Object.keys(STAGES);
