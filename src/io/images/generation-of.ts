/** A generation as the domain knows it, made of what was found in its folder. */

import type { Generation, GenerationId } from "../../boot/generation.ts";
import type { FoundImage } from "./image-reader.ts";
import { sizeOf } from "./shared-file.ts";

export function makeGeneration(
  id: GenerationId,
  { image, kernel, bootFile, files, folder }: FoundImage,
): Generation {
  const { shape, initrds, kernelParams, ownScript, lacksInitrdName } = image;
  return {
    id,
    shape,
    path: folder,
    ...(kernel === undefined ? {} : { kernel }),
    ...(bootFile === undefined ? {} : { bootFile }),
    initrds,
    kernelParams,
    ...(ownScript === undefined ? {} : { ownScript }),
    ...(lacksInitrdName === undefined ? {} : { lacksInitrdName }),
    files: new Map(Array.from(files, ([name, file]) => [name, sizeOf(file)])),
  };
}
