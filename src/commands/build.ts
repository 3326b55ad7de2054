/** `mayfly build`: has images built, and shows how that goes until it is over. */

import { setTimeout as pause } from "node:timers/promises";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError } from "../config/mistake.ts";
import type { BuildView } from "../web/schema/builds.ts";
import type { BuildScreen } from "./build-screen.ts";
import { anySide, type BuildSide, localSide, serverSide } from "./build-sides.ts";

export interface BuildOptions {
  readonly hosts: readonly string[];
  /** Every host that has a flake. */
  readonly all: boolean;
  /** Here, whether or not a server runs. */
  readonly local: boolean;
  /** Call off instead. */
  readonly cancel: boolean;
  /** Do not wait for the end. */
  readonly detach: boolean;
  readonly signal: AbortSignal;
  readonly screen: BuildScreen;
  /** Gets every build that it was about, as it is when the command ends, well or not. */
  readonly done?: (builds: readonly BuildView[]) => void;
}

/** How often it is looked how far the builds are, in milliseconds. */
const LOOK_EVERY_MS = 500;
/** How much of the end of the log of a build that failed is shown at once. */
const SHOWN_LINES = 10;

/** @throws Error when a build did not end well */
export async function build(request: SettingsRequest, options: BuildOptions): Promise<void> {
  if (options.cancel || options.detach) {
    const side = await serverSide(request);
    return options.cancel ? cancelBuilds(side, options) : startOnly(side, options);
  }
  const side = await (options.local ? localSide(request) : anySide(request));
  try {
    await follow(side, await want(side, options), options);
  } finally {
    await side.close();
  }
}

async function want(side: BuildSide, options: BuildOptions): Promise<BuildView[]> {
  const builds: BuildView[] = [];
  for (const host of await hostsOf(side, options)) builds.push(await side.want(host));
  return builds;
}

async function hostsOf(side: BuildSide, { hosts, all }: BuildOptions): Promise<readonly string[]> {
  if (!all && hosts.length === 0) {
    const want = "the name of a host that has a flake, or --all";
    throw new ConfigError([{ place: "HOST", read: "nothing", want }]);
  }
  if (!all) return [...new Set(hosts)];
  const plans = await side.plans();
  if (plans.length > 0) return plans.map(({ host }) => host);
  const want = "at least one: 'hosts: { beta: { flake: \"github:owner/repo\" } }'";
  throw new ConfigError([{ place: "--all", read: "no host that has a flake", want }]);
}

async function startOnly(side: BuildSide, options: BuildOptions): Promise<void> {
  const builds = await want(side, options);
  for (const { host, text } of builds) options.screen.line(`${host}: ${text}`);
  options.done?.(builds);
}

async function cancelBuilds(side: BuildSide, options: BuildOptions): Promise<void> {
  const all: BuildView[] = [];
  for (const host of await hostsOf(side, options)) {
    const called = await side.cancel(host);
    all.push(...called);
    options.screen.line(`${host}: ${called.length === 1 ? "its build is" : "its builds are"} called off`);
  }
  options.done?.(all);
}

async function follow(
  side: BuildSide,
  started: readonly BuildView[],
  { screen, signal, done }: BuildOptions,
): Promise<void> {
  let builds = started;
  const over: BuildView[] = [];
  screen.show(builds);
  while (builds.length > 0) {
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) {
      done?.([...over, ...builds]);
      return leave(side, builds, screen);
    }
    const now = await Promise.all(builds.map(async (each) => (await side.look(each)) ?? gone(each)));
    for (const each of now.filter(isOver)) {
      over.push(each);
      tellEnd(each, screen);
    }
    builds = now.filter((each) => !isOver(each));
    screen.show(builds);
  }
  done?.(over);
  const bad = over.filter(({ state }) => state !== "built");
  if (bad.length === 0) return;
  const whose = bad.map(({ host }) => host).join(", ");
  throw new Error(
    over.length === 1 ? `${whose} was not built` : `${bad.length} of ${over.length} were not built: ${whose}`,
  );
}

/** Only so many are kept, and a hundred more were asked for meanwhile. */
function gone(build: BuildView): BuildView {
  return { ...build, state: "interrupted", text: "nothing is known of this build any more" };
}

function isOver({ state }: BuildView): boolean {
  return state !== "waiting" && state !== "running";
}

function tellEnd({ host, state, text, log }: BuildView, screen: BuildScreen): void {
  if (state === "failed" || state === "timed-out") {
    for (const line of log.slice(-SHOWN_LINES)) screen.line(`${host} | ${line}`);
  }
  screen.line(`${host}: ${text}`);
}

function leave({ isServer }: BuildSide, builds: readonly BuildView[], screen: BuildScreen): void {
  const hosts = builds.map(({ host }) => host).join(" ");
  if (isServer) screen.line(`the server goes on building; 'mayfly build --cancel ${hosts}' calls it off`);
}
