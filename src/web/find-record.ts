/** Finds the record that a request of the API is about. */

import type { GenerationId } from "../boot/generation.ts";
import type { GenerationRecord } from "../boot/history/record.ts";
import type { HostName, ImageName } from "../boot/host.ts";
import { generationFor } from "../boot/rollout/choose-generation.ts";
import type { Admin } from "./admin.ts";
import { Problem } from "./problem.ts";

/** A host's image; one that no host has any more is known by its own name. */
export async function imageOf(name: HostName, { snapshot, generations }: Admin): Promise<ImageName> {
  const image = snapshot().hosts.get(name)?.image;
  if (image !== undefined) return image;
  if ((await generations.images()).has(name)) return name;
  throw new Problem("not-found", `there is no host ${name}, nor was there ever an image of that name`);
}

export async function recordOf(
  image: ImageName,
  number: number,
  { generations }: Admin,
): Promise<GenerationRecord> {
  const record = await generations.byNumber(image, number);
  if (record !== undefined) return record;
  const last = (await generations.images()).get(image) ?? 0;
  throw new Problem(
    "not-found",
    last === 0
      ? `${image} never had a generation`
      : `${image} never had a generation ${number}; it had ${last === 1 ? "1" : `1 to ${last}`}`,
  );
}

/** What a boot that starts now gets, else what was published last. */
export async function latest(name: HostName, image: ImageName, admin: Admin): Promise<GenerationRecord> {
  const id = currentOf(name, admin);
  const current = id === undefined ? undefined : await admin.generations.find(image, id);
  const [last] = current === undefined ? await admin.generations.recent(image, 1) : [current];
  if (last === undefined) throw new Problem("not-found", `${image} never had a generation`);
  return last;
}

/** What a boot of the host that starts now gets. */
export function currentOf(name: HostName, { snapshot }: Admin): GenerationId | undefined {
  const world = snapshot();
  const host = world.hosts.get(name);
  return host === undefined ? world.images.get(name)?.current : generationFor(host, host.macs[0], world)?.id;
}
