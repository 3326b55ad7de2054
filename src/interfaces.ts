/** Keeps every server at the interfaces that there are, while these come, go and change. */

import type { Arrival } from "./boot/peer.ts";
import { describeContainer, recogniseContainer } from "./boot/server/container.ts";
import { compareArrivals, describeChanges } from "./boot/server/interface-changes.ts";
import type { WantedPort } from "./boot/server/port-advice.ts";
import type { Settings } from "./config/settings.ts";
import { readContainerFacts } from "./io/system/container.ts";
import { watchInterfaces } from "./io/system/interface-watcher.ts";
import { explainPort } from "./io/system/port-holder.ts";
import type { World } from "./io/world.ts";

/** A server that is told which interfaces to serve. */
export interface Follower {
  readonly wanted: WantedPort;
  setInterfaces(arrivals: readonly Arrival[]): Promise<void>;
}

export interface Interfaces {
  /** Those that are served now. */
  now(): readonly Arrival[];
  /** Whether the machines are behind address translation, as far as can be seen from here. */
  readonly isBehindTranslation: boolean;
  /** Resolves when there is one to serve, which may be at once or never. */
  readonly serving: Promise<void>;
  /** Sees what has changed since the start, and says so; before `follow` only. */
  lookAgain(): Promise<void>;
  /** Begins to follow changes. */
  follow(followers: readonly Follower[]): void;
  close(): Promise<void>;
}

/** @throws with `strict`, when there is none to serve, or not all that were named */
export async function startInterfaces(world: World, settings: Settings): Promise<Interfaces> {
  const { interfaces: named, publicAddress, strict } = settings;
  const onError = (error: unknown) => world.record({ type: "bug", via: "interfaces", error });
  const wishes = { named, ...(publicAddress === undefined ? {} : { publicAddress }) };
  const watcher = await watchInterfaces(wishes, onError);
  const { lacking } = watcher.first;
  let arrivals = watcher.first.arrivals;
  if (lacking !== undefined) {
    if (strict) {
      await watcher.close();
      throw new Error(lacking);
    }
    const cure = "it is served as soon as it is there; if a name is misspelt, correct it and start again";
    world.record({ type: "notice", level: "warn", text: lacking, cure });
  }
  const container = recogniseContainer(
    await readContainerFacts(arrivals.map((each) => each.interface)),
    arrivals,
  );
  const notice = describeContainer(container, arrivals, settings.dhcp !== "off");
  if (notice !== undefined) world.record({ type: "notice", ...notice });

  const serving = Promise.withResolvers<void>();
  if (arrivals.length > 0) serving.resolve();
  async function take(next: readonly Arrival[], followers: readonly Follower[]): Promise<void> {
    const changes = compareArrivals(arrivals, next);
    arrivals = next;
    await Promise.all(followers.map((each) => move(world, each, next)));
    for (const change of describeChanges(changes)) world.record({ type: "notice", ...change });
    if (next.length > 0) serving.resolve();
  }
  return {
    now: () => arrivals,
    isBehindTranslation: container.type === "bridge",
    serving: serving.promise,
    lookAgain: async () => take(await watcher.again(), []),
    follow(followers) {
      watcher.start((next) => take(next, followers));
    },
    close: () => watcher.close(),
  };
}

async function move(world: World, follower: Follower, arrivals: readonly Arrival[]): Promise<void> {
  try {
    await follower.setInterfaces(arrivals);
  } catch (error) {
    world.record({ type: "notice", level: "warn", ...(await explainPort(follower.wanted, error)) });
  }
}
