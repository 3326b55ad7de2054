/** Which images some machine cannot boot, as far as the images themselves tell. */

import { formatBytes } from "../amount.ts";
import { bootedFiles, type Generation } from "../generation.ts";
import type { Host } from "../host.ts";
import { limitNotices } from "../image/limit-notice.ts";
import { generationFor } from "../rollout/choose-generation.ts";
import { piLayers } from "../rpi4/layers.ts";
import { whyTooLarge } from "../tftp/pi-route.ts";
import type { Facts } from "./facts.ts";
import { type Finding, ok } from "./finding.ts";

/** What is wrong with each host's image; one line where all are well. */
export function imageFindings(facts: Facts): readonly Finding[] {
  const { hosts } = facts.snapshot;
  if (hosts.size === 0) {
    const cure = "link an image to boot-media/hosts/default, or name one: 'mayfly serve ./result'";
    return [{ code: "no-images", level: "warning", text: "there is no host, and so nothing to boot", cure }];
  }
  const found = [
    ...[...hosts.values()].flatMap((host) => hostFindings(host, facts)),
    ...limitNotices(facts.snapshot).map(
      ({ text, cure }): Finding => ({
        code: "image-way",
        level: "warning",
        text,
        ...(cure === undefined ? {} : { cure }),
      }),
    ),
  ];
  const isAll = found.every(({ code }) => code !== "image-incomplete");
  const count = hosts.size === 1 ? "the host has its image" : `all ${hosts.size} hosts have their images`;
  return isAll ? [ok("image-incomplete", count), ...found] : found;
}

function hostFindings(host: Host, facts: Facts): Finding[] {
  const { snapshot } = facts;
  const generation = generationFor(host, undefined, snapshot);
  if (generation === undefined) return [incomplete(host, facts)];
  const files = bootedFiles(generation).map((name) => ({ name, sizeBytes: generation.files.get(name) ?? 0 }));
  return [
    ...files.flatMap(({ name, sizeBytes }) => sizeFinding(host, name, sizeBytes)),
    ...rolloverFindings(host, generation, facts),
  ];
}

function incomplete({ name, image }: Host, { snapshot, imagePaths }: Facts): Finding {
  const path = imagePaths.get(image);
  const trouble = snapshot.images.get(image)?.trouble;
  const anew =
    path === undefined
      ? `build the image anew, or link another one to boot-media/hosts/${image}`
      : `build it anew, or name another one with 'image:' of the host ${name}`;
  const where = path === undefined || trouble?.includes(path) === true ? "" : ` in ${path}`;
  if (trouble === undefined) {
    const text = `host ${name} has no image${where}`;
    return { code: "image-incomplete", level: "warning", text, cure: anew };
  }
  const [, what = trouble, cure = anew] = WITH_CURE.exec(trouble) ?? [];
  const text = `host ${name} has no complete image${where}: ${what}`;
  return { code: "image-incomplete", level: "fault", text, cure };
}

/** A trouble that says itself what to do: `…: leave one`. */
const WITH_CURE = /^(.+): ((?:build|copy|leave|mend) .+)$/;

const TWO_GB = 2 * 1024 ** 3;
const FOUR_GB = 4 * 1024 ** 3;

function sizeFinding({ name: host }: Host, file: string, sizeBytes: number): Finding[] {
  if (sizeBytes < TWO_GB) return [];
  const text = `${file} of host ${host} has ${formatBytes(sizeBytes)}`;
  const cure = "make the image smaller: let it fetch the larger part once it runs";
  if (sizeBytes < FOUR_GB) {
    const why = "a BIOS and UEFI of 32 bits take less than 2 GiB";
    return [{ code: "image-over-2g", level: "warning", text: `${text}: ${why}`, cure }];
  }
  const why = "much firmware has to keep it below 4 GiB of its memory, and cannot";
  return [{ code: "image-over-4g", level: "warning", text: `${text}: ${why}`, cure }];
}

/** What a Raspberry Pi asks for at most. */
const PI_BLOCK_BYTES = 1468;

/** A Pi whose EEPROM fetches the image itself counts blocks with sixteen bits (T5). */
function rolloverFindings(host: Host, generation: Generation, { snapshot, network }: Facts): Finding[] {
  const isPi = host.rpi4 !== undefined || snapshot.piTrees.own.has(host.name);
  if (!isPi || piLayers(host, generation, snapshot).boot !== "native") return [];
  const blockSize = Math.min(PI_BLOCK_BYTES, network.tftpBlockSize ?? PI_BLOCK_BYTES);
  const canRollOver = host.rpi4?.rollover === true;
  return bootedFiles(generation).flatMap((path) => {
    const blocks = Math.floor((generation.files.get(path) ?? 0) / blockSize) + 1;
    const why = whyTooLarge({ canRollOver, path }, blocks, blockSize);
    if (why === undefined) return [];
    const [text = why, ...cure] = why.split(". ");
    return [
      { code: "pi-rollover", level: "fault", text: `host ${host.name}: ${text}`, cure: cure.join(". ") },
    ];
  });
}
