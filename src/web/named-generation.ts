/** Finds the generation that a command about rollouts names. */

import type { GenerationId } from "../boot/generation.ts";
import type { HostName } from "../boot/host.ts";
import type { Target } from "../boot/rollout/members.ts";
import { trackOf } from "../boot/rollout/rollout.ts";
import type { Admin } from "./admin.ts";
import { Problem } from "./problem.ts";

/**
 * Finds a generation by what a person calls it, for each host that has it.
 *
 * @throws {@link Problem} where none has, and where its files are not there any more
 */
export async function namedGeneration(
  text: string,
  { hosts }: Target,
  admin: Admin,
): Promise<ReadonlyMap<HostName, GenerationId>> {
  const found = new Map<HostName, GenerationId>();
  for (const host of hosts) {
    const id = await idOf(text, host, admin);
    if (id !== undefined) found.set(host, id);
  }
  const [first = ""] = hosts;
  const cure = `'mayfly generations ${first}' lists them`;
  const [id] = found.values();
  if (id === undefined)
    throw new Problem("not-found", `${hosts.join(", ")}: there is no generation ${text}`, cure);
  const { generations } = admin.snapshot();
  const gone = [...found].find(([, each]) => !generations.has(each));
  if (gone === undefined) return found;
  const reason = `the files of generation ${gone[1]} of ${gone[0]} are not kept any more`;
  throw new Problem("refused", reason, `build it again, or take another one: ${cure}`);
}

async function idOf(
  text: string,
  host: HostName,
  { snapshot, generations }: Admin,
): Promise<string | undefined> {
  const world = snapshot();
  const image = world.hosts.get(host)?.image ?? host;
  if (/^\d{1,8}$/.test(text)) {
    const record = await generations.byNumber(image, Number(text));
    if (record !== undefined) return record.id;
  }
  const { newest, settled, bad, pin } = trackOf(world.rollouts, host);
  const recent = await generations.recent(image, RECENT);
  const known = [
    newest,
    ...settled,
    ...bad.map(({ generation }) => generation),
    pin,
    ...recent.map(({ id }) => id),
  ];
  const fits = new Set(known.filter((id) => id !== undefined).filter((id) => id.startsWith(text)));
  if (fits.has(text) || (await generations.find(image, text)) !== undefined) return text;
  return fits.size === 1 && text.length >= 4 ? [...fits][0] : undefined;
}

const RECENT = 100;
