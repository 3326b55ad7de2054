/** Why a machine gets nothing and what mends it, for each reason: in the log, and on its own screen. */

import { hyphenMac } from "../../wire/net/mac.ts";
import { waitingText } from "../build/describe-build.ts";
import { buildTrouble, buildUnderWay } from "../build/first-build.ts";
import type { BootClient } from "../client.ts";
import type { SilentReason, StrangerPolicy } from "../decide.ts";
import { type BootFile, type Generation, isasOf } from "../generation.ts";
import type { Host } from "../host.ts";
import { notForKexec } from "../kexec/loadable.ts";
import { generationFor } from "../rollout/choose-generation.ts";
import type { Snapshot } from "../snapshot.ts";
import { notForUBoot } from "../u-boot/u-boot.ts";

/** For the log, where the line names the machine: what it lacks, and what the operator can do about it. */
export function explainSilence(reason: SilentReason, client: BootClient, hostName?: string): string {
  switch (reason) {
    case "unknown-host":
      return (
        `nothing is configured for ${client.mac}, so it is left alone ` +
        `(to boot it: link an image to hosts/${hyphenMac(client.mac)} or to hosts/default)`
      );
    case "no-generation":
      return `host ${hostName} has no complete image yet; an earlier message says what its image lacks`;
    case "wrong-isa":
      return `host ${hostName}'s kernel is not for ${client.isa ?? "this"} machines; build the image for it`;
    case "wrong-firmware":
      return (
        `host ${hostName}'s image is one file that the firmware of this machine cannot start ` +
        "(a BIOS and a UKI, say); build a kernel and an initrd, or switch the machine to UEFI"
      );
    case "not-for-u-boot":
      return (
        `host ${hostName}'s image is not the kernel and the initrd that U-Boot starts; ` +
        "build config.system.build.kexecTree, or nixpkgs' netboot"
      );
    case "not-for-kexec":
      return (
        `host ${hostName}'s image is not the kernel and the initrds that a running Linux can load; ` +
        "build config.system.build.kexecTree, or nixpkgs' netboot"
      );
    case "no-program":
      return `no boot program for ${client.program ?? "its firmware"}; put one into boot-media/ipxe/`;
    case "unknown-arch":
      return `its architecture (option 93: ${client.arch ?? "absent"}) is not one that Mayfly can boot`;
    case "no-pi-firmware":
      return (
        `the boot files of ${client.piModel === undefined ? "a Raspberry Pi" : `a Raspberry Pi ${client.piModel}`} ` +
        `are not in rpi4/${hostName === undefined ? "" : ` or hosts/${hostName}.rpi4/`} of the media folder ` +
        `(${piCure(client.piModel)})`
      );
  }
}

function piCure(model: number | undefined): string {
  switch (model) {
    case 3:
      return "put bootcode.bin, start.elf, fixup.dat and what config.txt names there";
    case 5:
      return "put config.txt, its bcm2712 device tree and a kernel there";
    default:
      return "'mayfly rpi4 assemble --download' puts them there";
  }
}

/** For the log: what happens to a machine that nothing matches, once it runs iPXE. */
export function explainStranger(policy: StrangerPolicy, { mac }: Pick<BootClient, "mac">): string {
  switch (policy) {
    case "hold":
      return `no host names this machine, so it waits ('mayfly approve ${mac} NAME' gives it a host)`;
    case "local":
      return "no host names this machine, so it goes on with its next boot option";
  }
}

/** For its screen, a sentence each: who it is, what is wrong; the last one says what to do on the server. */
export function explainRefusal(
  reason: SilentReason,
  client: BootClient,
  host: Host | undefined,
  snapshot: Snapshot,
): string[] {
  const name = host?.name ?? "?";
  switch (reason) {
    case "unknown-host":
      return [
        `Mayfly has no image for this machine, ${client.mac}.`,
        `On the server: link one to boot-media/hosts/${hyphenMac(client.mac)}, or to boot-media/hosts/default.`,
      ];
    case "no-generation": {
      const build = host && buildUnderWay(host, snapshot);
      if (build !== undefined)
        return [`Mayfly: ${waitingText(name, build)}`, "This machine boots as soon as it is done."];
      const trouble = host && buildTrouble(host, snapshot);
      if (trouble !== undefined)
        return [
          `Mayfly: ${name} (${client.mac}) has no image yet, and its last build failed: ${trouble}.`,
          `On the server: 'mayfly builds ${name}' shows the end of nix's log, 'mayfly build ${name}' builds again.`,
        ];
      return [
        `Mayfly: ${name} (${client.mac}) has no complete image yet.`,
        host === undefined ? "" : (snapshot.images.get(host.image)?.trouble ?? "Nothing lies at its place."),
        `On the server: nix build -o boot-media/hosts/${name} .#${name}`,
      ].filter((sentence) => sentence !== "");
    }
    case "wrong-firmware":
      return misfitSentences(name, host && generationFor(host, client.mac, snapshot));
    case "not-for-u-boot": {
      const generation = host && generationFor(host, client.mac, snapshot);
      const what = generation === undefined ? "no kernel and initrd" : notForUBoot(generation);
      return [
        `Mayfly: the image of ${name} is ${what}, and U-Boot starts a kernel (Image) and one initrd.`,
        `On the server: build config.system.build.kexecTree for ${name}.`,
      ];
    }
    case "not-for-kexec": {
      const generation = host && generationFor(host, client.mac, snapshot);
      const what = generation === undefined ? "no kernel" : notForKexec(generation);
      return [
        `Mayfly: the image of ${name} is ${what}, and kexec loads a kernel and its initrds.`,
        `On the server: build config.system.build.kexecTree for ${name}.`,
      ];
    }
    case "wrong-isa": {
      const generation = host && generationFor(host, client.mac, snapshot);
      const isas = (generation && isasOf(generation)) ?? [];
      return [
        `Mayfly: the kernel of ${name} is for ${isas.join(" and ")}, but this machine (${client.mac}) is ${client.isa}.`,
        `On the server: build ${name} for this machine, or give the image to another one.`,
      ];
    }
    case "unknown-arch":
    case "no-program":
    case "no-pi-firmware":
      return [
        `Mayfly has nothing to boot for this machine (${client.mac}): ${reason}.`,
        "On the server: the log of 'mayfly serve' says why; docs/errors.md explains each reason.",
      ];
  }
}

/** Why firmware cannot start an image that is one file, and what it could start; a sentence each. */
export function misfitSentences(name: string, generation: Generation | undefined): string[] {
  const bootFile = generation?.bootFile;
  const what =
    bootFile === undefined
      ? `The image of ${name}`
      : `${bootFile.file} of ${name}, ${bootFile.type === "uki" ? "a unified kernel image," : "an ISO image,"}`;
  const starts =
    bootFile?.bios === true ? "a BIOS can start, and UEFI cannot" : "UEFI can start, and a BIOS cannot";
  return [
    `Mayfly: ${what} is something that ${starts}.`,
    `On the server: build a kernel and an initrd for ${name} (config.system.build.kexecTree), which both can; ` +
      "or switch this machine over in its setup.",
  ];
}

/** Why iPXE cannot start an ISO image that finds its disc in a drive only; a sentence each. */
export function needsDriveSentences(name: string, { file, needsDrive }: BootFile): string[] {
  return [
    needsDrive === "too-large"
      ? `Mayfly: ${file} of ${name} has 4 GiB or more; iPXE would have to give it in an initrd, which holds no such file.`
      : `Mayfly: the Linux on ${file} of ${name} looks for a drive with the disc, and iPXE has none to give it.`,
    `On the server: build a kernel and an initrd for ${name} (config.system.build.kexecTree); ` +
      "or boot this machine by UEFI HTTP Boot, which makes a drive of the image.",
  ];
}
