/** `mayfly import SOURCE [HOST]`: an image from elsewhere into our own store, and to a host. */

import { join } from "node:path";
import { isHostName } from "../boot/hosts.ts";
import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { WANT } from "../config/raw.ts";
import type { Settings } from "../config/settings.ts";
import { createReaderShare, readImage } from "../io/images/image-reader.ts";
import { createLimiter } from "../io/images/limiter.ts";
import { createPromptFiles } from "../io/images/prompt-files.ts";
import { ImportError } from "../io/keeping/archive-error.ts";
import { ImageStoreError } from "../io/keeping/image-store.ts";
import { type ImportOptions, importImage } from "../io/keeping/import-image.ts";
import { linkImage } from "../io/keeping/link-image.ts";
import { StoreError } from "../io/store/store-error.ts";
import { openImageStore } from "../keeping.ts";
import { neededCopies } from "../needed-copies.ts";
import { createProgress, type ProgressStream } from "./rpi4-progress.ts";

export interface ImportRequest {
  readonly settings: SettingsRequest;
  readonly source: string;
  readonly host?: string;
  readonly sha256?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly progress: ProgressStream;
}

/** @returns what was done, in lines */
export async function importCommand(request: ImportRequest): Promise<readonly string[]> {
  const { source, host, sha256, signal } = request;
  if (host !== undefined && !isHostName(host)) throw new ImportError(`'${host}': want ${WANT.hostName}`);
  const settings = await loadSettings(request.settings);
  const progress = createProgress("import", request.progress);
  const store = openImageStore(settings, () => settings.live.storeMaxBytes || Number.POSITIVE_INFINITY);
  signal.addEventListener("abort", () => store.close(), { once: true });
  const share = createReaderShare(createLimiter(4), createPromptFiles());
  const options: ImportOptions = {
    ...{ store, signal, read: (folder) => readImage(folder, share), needed: () => neededCopies(settings) },
    downloads: join(settings.stateFolder, "downloads"),
    onProgress: (bytes, total) => progress.onProgress(bytes, total),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
  const done = await importImage(source, options)
    .catch((error: unknown) => {
      const isCurable = error instanceof ImageStoreError || error instanceof StoreError;
      throw isCurable ? new Error(`${error.message}; ${error.cure}`) : error;
    })
    .finally(() => progress.done());
  const link =
    host === undefined ? undefined : await linkImage(join(settings.mediaFolder, "hosts"), host, done.path);
  const { id, path, wasThere, image } = done;
  if (request.json) {
    const told = {
      id,
      path,
      shape: image.image.shape,
      wasThere,
      ...(host === undefined ? {} : { host, link }),
    };
    return [JSON.stringify(told, undefined, 2)];
  }
  const first = wasThere ? `${id} was there already, and is whole.` : `${id} is in the store: ${path}`;
  if (host === undefined || link === undefined)
    return [first, `'mayfly import ${path} NAME' gives it to a host.`];
  return [first, `${link} leads to it: it is what ${host} boots from now on.`, ...elsewhere(settings, host)];
}

/** A host whose image has a path of its own does not look into the media folder. */
function elsewhere({ live, image, configFile }: Settings, host: string): string[] {
  const own = image ?? live.hosts.find(({ name }) => name === host)?.image;
  if (own === undefined) return [];
  return [
    `But ${configFile} says that the image of ${host} is ${own}: take that 'image:' out, or nothing changes.`,
  ];
}
