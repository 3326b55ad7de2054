/** Keeps the last builds of each host, so that what failed can be read after a restart too. */

import * as z from "zod";
import { BUILDS_KEPT, type Build, LOG_LINES } from "../../boot/build/build.ts";
import type { HostName } from "../../boot/host.ts";
import type { Store } from "../store/store.ts";

/** Under which kind the store has them; the keys are `HOST/ID`. */
export const BUILD_KIND = "build";

const counted = z.object({ done: z.number(), expected: z.number() });
const progress = z.object({
  builds: counted,
  copies: counted,
  downloadedBytes: z.number(),
  expectedBytes: z.number(),
  now: z.string().exactOptional(),
});
const stored = z.object({
  id: z.string(),
  host: z.string(),
  installable: z.string(),
  reason: z.enum(["asked", "schedule", "hook", "resumed"]),
  state: z.enum(["waiting", "running", "built", "failed", "timed-out", "cancelled", "interrupted"]),
  queuedMs: z.number(),
  startMs: z.number().exactOptional(),
  endMs: z.number().exactOptional(),
  progress: progress.exactOptional(),
  path: z.string().exactOptional(),
  generation: z.string().exactOptional(),
  trouble: z.string().exactOptional(),
  cure: z.string().exactOptional(),
  log: z.array(z.string()).max(LOG_LINES),
});

export interface BuildBook {
  /** Resolves when it is on the disk; the oldest ones of the host go. */
  put(build: Build): Promise<void>;
  /** Of a host, the last one first. */
  lastBuilds(host: HostName, limit?: number): Promise<readonly Build[]>;
  /** Every build that was never said to be over, the first one first. */
  unfinished(): Promise<readonly Build[]>;
  /** The last build of each host. */
  latest(): Promise<ReadonlyMap<HostName, Build>>;
}

export function createBuildBook(store: Store): BuildBook {
  const rangeOf = (host: HostName) => ({ from: `${host}/`, below: `${host}0` });
  async function all(): Promise<readonly Build[]> {
    return [...(await store.load(BUILD_KIND)).values()].flatMap(readBuild).sort(byAge);
  }
  return {
    async put(build) {
      const key = `${build.host}/${build.id}`;
      const kept = await store.range(BUILD_KIND, {
        ...rangeOf(build.host),
        reverse: true,
        limit: 2 * BUILDS_KEPT,
      });
      const others = kept.map(([other]) => other).filter((other) => other !== key);
      const tooOld = others.slice(BUILDS_KEPT - 1);
      await store.put([
        { kind: BUILD_KIND, key, value: build },
        ...tooOld.map((old) => ({ kind: BUILD_KIND, key: old, value: undefined })),
      ]);
    },
    async lastBuilds(host, limit = BUILDS_KEPT) {
      const entries = await store.range(BUILD_KIND, { ...rangeOf(host), reverse: true, limit });
      return entries.flatMap(([, value]) => readBuild(value));
    },
    unfinished: async () => (await all()).filter(({ state }) => state === "waiting" || state === "running"),
    latest: async () => new Map((await all()).map((build) => [build.host, build])),
  };
}

/** What a later version wrote, or nobody can read, is not worth an error. */
function readBuild(value: unknown): Build[] {
  const { data } = stored.safeParse(value);
  return data === undefined ? [] : [data];
}

function byAge(a: Build, b: Build): number {
  return a.id < b.id ? -1 : 1;
}
