/** The composition root: builds everything, starts it, and stops it in reverse order. */

import { join } from "node:path";
import { adminOf } from "./admin.ts";
import type { Notice } from "./boot/event.ts";
import type { HostName } from "./boot/host.ts";
import type { ProgramChoice } from "./boot/program/program-choice.ts";
import { bootOf } from "./boot/session/boot-of.ts";
import { type Building, startBuilding } from "./builds.ts";
import { createCapture } from "./capture.ts";
import { describeRefusal, describeReload } from "./config/restart.ts";
import type { LiveSettings, Settings } from "./config/settings.ts";
import { startGenerations } from "./generations.ts";
import { type Hosts, startHosts } from "./hosts.ts";
import { startInterfaces } from "./interfaces.ts";
import { findBootPrograms, watchBootPrograms } from "./io/boot-programs.ts";
import { openCheckIns } from "./io/check-in/check-ins.ts";
import { watchFile } from "./io/file-watcher.ts";
import { type Journal, startJournal } from "./io/journal.ts";
import { createAttribution } from "./io/ladder/attribution.ts";
import { startLadders } from "./io/ladder/ladders.ts";
import { loadApprovals } from "./io/machines/approvals.ts";
import { startSeenMachines } from "./io/machines/seen-machines.ts";
import { readOwnScript } from "./io/own-script.ts";
import { rehearse } from "./io/rehearsal.ts";
import { startRollouts } from "./io/rollouts/rollouts.ts";
import { rememberPis } from "./io/rpi4/pi-memory.ts";
import { followPiTrees } from "./io/rpi4/pi-trees.ts";
import { createTransferBoard } from "./io/transfer-board.ts";
import { createWorld, type World } from "./io/world.ts";
import { startKeeping } from "./keeping.ts";
import { startKexec } from "./kexec.ts";
import { startLeases } from "./leases.ts";
import { startMetrics } from "./metrics.ts";
import { type Notify, startNotify } from "./notify.ts";
import { openAdmin, openPorts, type Served } from "./ports.ts";
import { openState, unreadableApproval } from "./state.ts";
import { startTimeline } from "./timeline.ts";
import { startTraces } from "./traces.ts";

/** A server that runs. */
export interface App {
  readonly world: World;
  /** As it is now: interfaces come and go. */
  readonly served: Served;
  /** Resolves when an interface is served: at the start, or whenever one comes. */
  readonly serving: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a server; resolves when it has started, be there an interface to serve yet or not.
 *
 * @param reload - reads the settings again, for a configuration that was edited; throws `ConfigError`
 * @throws what keeps it from serving anything; with `strict`, any port that cannot be opened
 */
export async function startApp(settings: Settings, reload: () => Promise<Settings>): Promise<App> {
  await using starting = new AsyncDisposableStack();
  const world = createWorld();
  const journal = starting.adopt(
    await startJournal(world, { level: settings.live.logLevel, readable: process.stderr.isTTY === true }),
    (started) => started.close(),
  );
  const live = { now: settings.live };
  const notify = startNotify(world, live);
  const interfaces = starting.adopt(await startInterfaces(world, settings), (started) => started.close());
  const ready = { now: false };
  const store = starting.adopt(await openState(world, settings), (opened) => opened.close());
  const attribution = createAttribution(world);
  const wiretap = starting.adopt(createCapture(world, attribution), (each) => each.close());
  const ladders = await startLadders({ world, store });
  const flakeOf = (host: HostName) =>
    building.config().targets.find((each) => each.host === host)?.installable;
  const generations = starting.adopt(startGenerations(world, store, flakeOf), (started) => started.close());

  await startPrograms(world, settings, starting);
  await startOwnScript(world, settings, starting);
  starting.adopt(await followPiTrees(world, settings.mediaFolder), (folders) => folders.close());
  starting.defer(await rememberPis(world, store));
  const approvals = await loadApprovals(store, (mac) => world.record(unreadableApproval(mac)));
  const rollouts = starting.adopt(await startRollouts({ world, store }), (started) => started.close());
  const keeping = await startKeeping({ world, settings, live, store, history: generations.history });
  const hosts = starting.adopt(startHosts(world, settings, approvals, keeping), (started) => started.close());
  const building = starting.adopt(await startBuilding(world, settings, store), (each) => each.close());
  await startConfig(world, settings, { reload, journal, hosts, live, building, notify }, starting);
  const leases = await startLeases(world, settings, live, store);
  const checkIns = starting.adopt(await openCheckIns({ world, store, whose: attribution.whose }), (opened) =>
    opened.close(),
  );
  const watched = { world, store, live, givesAddresses: leases !== undefined };
  const timeline = starting.adopt(await startTimeline(watched), (each) => each.close());
  journal.nameBoots((event) => bootOf(event, timeline.sessions.current));
  starting.use(await startTraces({ world, timeline, settings: settings.traces }));
  await hosts.ready;

  const machines = starting.adopt(startSeenMachines({ world, store }), (started) => started.close());
  await notify.open({ store, timeline, machines });
  starting.defer(() => notify.close());
  const transfers = createTransferBoard();
  const { history } = generations;
  const metrics = startMetrics({ world, timeline, history, transfers, leases, live });
  starting.defer(() => metrics.close());
  const kexec = await startKexec({ world, store, live, hosts, checkIns, history });
  starting.defer(() => kexec.close());
  const parts = {
    ...{ world, settings, interfaces, hosts, ready, live, attribution, ladders, leases, checkIns },
    ...{ transfers, kexec: kexec.desk, wiretap },
  };
  checkIns.resume();
  const opened = await openPorts(parts, starting);
  interfaces.follow(opened.followers);
  const rights = await adminOf({
    ...{ ...parts, store, machines, approvals, timeline, generations, building, rollouts, metrics, notify },
    ...{ ports: opened.ports, otherServers: opened.otherServers },
  });
  const admin = await openAdmin(parts, rights, starting);
  ready.now = true;
  if (opened.ports.dhcp) startRehearsal(world, leases !== undefined, starting);
  const running = starting.move();
  return {
    world,
    get served() {
      return { ...opened.ports, arrivals: interfaces.now(), ...(admin === undefined ? {} : { admin }) };
    },
    serving: interfaces.serving,
    stop: () => running.disposeAsync(),
  };
}

/** Nobody waits for it. */
function startRehearsal(world: World, givesAddresses: boolean, running: AsyncDisposableStack): void {
  const controller = new AbortController();
  const over = rehearse({ givesAddresses, signal: controller.signal }).catch((error: unknown) =>
    world.record({ type: "bug", via: "rehearsal", error }),
  );
  running.defer(async () => {
    controller.abort();
    await over;
  });
}

async function startPrograms(world: World, settings: Settings, running: AsyncDisposableStack): Promise<void> {
  const places = { ownFolder: join(settings.mediaFolder, "ipxe"), ipxeFolders: settings.ipxeFolders };
  const take = ({ programs }: ProgramChoice) => world.change([{ type: "programs", programs }]);
  const choice = await findBootPrograms(places);
  take(choice);
  for (const notice of choice.notices) world.record({ type: "notice", ...notice });
  const onError = (error: unknown) => world.record({ type: "bug", via: "boot programs", error });
  running.adopt(await watchBootPrograms(places, take, onError), (watcher) => watcher.close());
}

/** The operator's `autoexec.ipxe` wins over the generated one; a broken one leaves things as they were. */
async function startOwnScript(
  world: World,
  settings: Settings,
  running: AsyncDisposableStack,
): Promise<void> {
  const file = join(settings.mediaFolder, "autoexec.ipxe");
  const load = () => readOwnScript(file);
  const onLoaded = (script: string | undefined) => world.change([{ type: "autoexec", script }]);
  const onRefused = (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    world.record({ type: "notice", level: "warn", text: `the own autoexec.ipxe is not used: ${text}` });
  };
  const watcher = await watchFile({ file, load, onLoaded, onRefused });
  running.adopt(watcher, (started) => started.close());
  await load().then(onLoaded, onRefused);
}

interface ConfigParts {
  readonly reload: () => Promise<Settings>;
  readonly journal: Journal;
  readonly hosts: Hosts;
  readonly live: { now: LiveSettings };
  readonly building: Building;
  readonly notify: Notify;
}

async function startConfig(
  world: World,
  settings: Settings,
  { reload, journal, hosts, live, building, notify }: ConfigParts,
  running: AsyncDisposableStack,
): Promise<void> {
  const tell = (notice: Notice) => world.record({ type: "notice", ...notice });
  let current = settings;
  const watcher = await watchFile({
    file: settings.configFile,
    load: reload,
    onLoaded(next) {
      live.now = next.live;
      journal.setLevel(next.live.logLevel);
      hosts.configure(next.live);
      building.reconfigure(next.live);
      void notify.reconfigure();
      for (const notice of describeReload(current, next)) tell(notice);
      current = next;
    },
    onRefused: (error) => tell(describeRefusal(error)),
  });
  running.adopt(watcher, (started) => started.close());
}
