/** Makes a copy in the store the image of a host, by a link in the media folder, as `nix build -o` does. */

import { lstat, mkdir, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { ImageName } from "../../boot/host.ts";
import { ImportError } from "./archive-error.ts";

/**
 * @param hosts - `boot-media/hosts`; made if it is not there
 * @returns the link
 * @throws {@link ImportError} where something lies that is no link
 */
export async function linkImage(hosts: string, image: ImageName, target: string): Promise<string> {
  const link = join(hosts, image);
  await mkdir(hosts, { recursive: true });
  const there = await lstat(link).catch(() => undefined);
  if (there !== undefined && !there.isSymbolicLink()) {
    throw new ImportError(`${link} is no link, and would be lost: move it away first`);
  }
  // A name that the server does not take for an image's.
  const temporary = join(hosts, `.${image}.${process.pid}-${Date.now()}`);
  await symlink(target, temporary);
  await rename(temporary, link);
  return link;
}
