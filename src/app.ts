/** The composition root: builds everything, starts it, and stops it in reverse order. */

import { adminOf } from "./admin.ts";
import type { Notice } from "./boot/event.ts";
import type { HostName } from "./boot/host.ts";
import { bootOf } from "./boot/session/boot-of.ts";
import { type Building, startBuilding } from "./builds.ts";
import { createCapture } from "./capture.ts";
import { describeRefusal, describeReload } from "./config/restart.ts";
import type { LiveSettings, Settings } from "./config/settings.ts";
import { startGenerations } from "./generations.ts";
import { type Hosts, startHosts } from "./hosts.ts";
import { startInterfaces } from "./interfaces.ts";
import { openCheckIns } from "./io/check-in/check-ins.ts";
import { watchFile } from "./io/file-watcher.ts";
import { type Journal, startJournal } from "./io/journal.ts";
import { createAttribution } from "./io/ladder/attribution.ts";
import { startLadders } from "./io/ladder/ladders.ts";
import { loadApprovals } from "./io/machines/approvals.ts";
import { startSeenMachines } from "./io/machines/seen-machines.ts";
import { rehearse } from "./io/rehearsal.ts";
import { startRollouts } from "./io/rollouts/rollouts.ts";
import { rememberPis } from "./io/rpi4/pi-memory.ts";
import { createTransferBoard } from "./io/transfer-board.ts";
import { createWorld, type World } from "./io/world.ts";
import { startKeeping } from "./keeping.ts";
import { startKexec } from "./kexec.ts";
import { startLeases } from "./leases.ts";
import { followMedia } from "./media.ts";
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

/** What is stopped by closing it. */
interface Closable {
  close(): void | Promise<void>;
}

/**
 * Starts a server; resolves when it has started, be there an interface to serve yet or not.
 *
 * @param reload - reads the settings again, for a configuration that was edited; throws `ConfigError`
 * @throws what keeps it from serving anything; with `strict`, any port that cannot be opened
 */
export async function startApp(settings: Settings, reload: () => Promise<Settings>): Promise<App> {
  await using starting = new AsyncDisposableStack();
  // In the order of the start; what is its own is closed in reverse, also where a later start fails.
  const own = <Started extends Closable>(started: Started): Started =>
    starting.adopt(started, (each) => each.close());
  const world = createWorld();
  const isTerminal = process.stderr.isTTY === true;
  const journal = own(await startJournal(world, { level: settings.live.logLevel, readable: isTerminal }));
  const live = { now: settings.live };
  const notify = startNotify(world, live);
  const interfaces = own(await startInterfaces(world, settings));
  const ready = { now: false };
  const store = own(await openState(world, settings));
  const attribution = createAttribution(world);
  const wiretap = own(createCapture(world, attribution));
  const ladders = await startLadders({ world, store });
  const flakeOf = (host: HostName) =>
    building.config().targets.find((each) => each.host === host)?.installable;
  const generations = own(startGenerations(world, store, flakeOf));

  await followMedia(world, settings, starting);
  starting.defer(await rememberPis(world, store));
  const approvals = await loadApprovals(store, (mac) => world.record(unreadableApproval(mac)));
  const rollouts = own(await startRollouts({ world, store }));
  const keeping = await startKeeping({ world, settings, live, store, history: generations.history });
  const hosts = own(startHosts(world, settings, approvals, keeping));
  const building = own(await startBuilding(world, settings, store));
  await startConfig(world, settings, { reload, journal, hosts, live, building, notify }, starting);
  const leases = await startLeases(world, settings, live, store);
  const checkIns = own(await openCheckIns({ world, store, whose: attribution.whose }));
  const watched = { world, store, live, givesAddresses: leases !== undefined };
  const timeline = own(await startTimeline(watched));
  journal.nameBoots((event) => bootOf(event, timeline.sessions.current));
  starting.use(await startTraces({ world, timeline, settings: settings.traces }));
  await hosts.ready;

  const machines = own(startSeenMachines({ world, store }));
  await notify.open({ store, timeline, machines });
  starting.defer(() => notify.close());
  const transfers = createTransferBoard();
  const { history } = generations;
  const metrics = own(startMetrics({ world, timeline, history, transfers, leases, live }));
  const kexec = own(await startKexec({ world, store, live, hosts, checkIns, history }));
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
