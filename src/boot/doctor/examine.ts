/** Says what is wrong with a server's place before a machine asks: findings from facts, each with its cure. */

import { adviseOnPort } from "../server/port-advice.ts";
import { diskFindings, stateFindings } from "./disk-findings.ts";
import type { Facts, PortFact, RunningServer } from "./facts.ts";
import { type Finding, ok } from "./finding.ts";
import { imageFindings } from "./image-findings.ts";
import { networkFindings } from "./network-findings.ts";
import { probeFindings } from "./probe-findings.ts";
import { programFindings } from "./program-findings.ts";

/** Everything that was looked at, in the order in which a boot needs it. Pure. */
export function examine(facts: Facts): readonly Finding[] {
  return [
    configFinding(facts),
    ...stateFindings(facts.state),
    ...facts.disks.flatMap(diskFindings),
    serverFinding(facts),
    ...facts.ports.map((fact) => portFinding(fact, facts.server)),
    ...networkFindings(facts),
    ...probeFindings(facts),
    ...programFindings(facts),
    ...imageFindings(facts),
    ...watchFindings(facts),
    clockFinding(facts),
  ];
}

/** What a configuration with mistakes comes to: nothing else can be looked at without one. */
export function configFindings(mistakes: readonly string[]): readonly Finding[] {
  const cure = "docs/config.reference.yaml explains every key";
  return mistakes.map((text) => ({ code: "config", level: "fault", text, cure }));
}

function configFinding({ config: { file, isThere } }: Facts): Finding {
  return ok("config", isThere ? `${file} has no mistakes` : `${file} is not there: the defaults count`);
}

function serverFinding({ server }: Facts): Finding {
  return ok(
    "server",
    server === undefined ? "no server runs with this configuration" : `a server runs: ${server.base}`,
  );
}

/** Without these nothing boots; without the others something cannot be seen. */
const NEEDED = new Set(["dhcp", "tftp", "http"]);

function portFinding({ wanted, problem }: PortFact, server: RunningServer | undefined): Finding {
  const name = `${wanted.protocol.toUpperCase()} port ${wanted.port}`;
  if (problem === undefined) return ok("port", `${name} can be opened`);
  if (server !== undefined && problem.code === "EADDRINUSE" && isServers(problem.holders, server)) {
    return ok("port", `${name} is open: the server that runs has it`);
  }
  const level = NEEDED.has(wanted.purpose) ? "fault" : "warning";
  return { code: "port", level, ...adviseOnPort(problem) };
}

/** Another user's processes may not be seen; then the port is the server's that answers. */
function isServers(holders: readonly { readonly pid: number }[], { pids }: RunningServer): boolean {
  if (holders.length === 0 || pids.length === 0) return holders.length === pids.length;
  return holders.some(({ pid }) => pids.includes(pid));
}

/** The folders on the way to an image, with links followed; a guess on the safe side. */
const WATCHES_OF_IMAGE = 8;
const OTHER_WATCHES = 64;

function watchFindings({ maxWatches, snapshot: { hosts } }: Facts): Finding[] {
  if (maxWatches === undefined) return [];
  const needed = OTHER_WATCHES + WATCHES_OF_IMAGE * hosts.size;
  if (maxWatches >= needed) return [ok("inotify", `a user may watch ${maxWatches} folders`)];
  return [
    {
      code: "inotify",
      level: "warning",
      text: `a user may watch ${maxWatches} folders, and ${hosts.size} images can need ${needed}: changes would be seen late`,
      cure: "sudo sysctl fs.inotify.max_user_watches=524288",
    },
  ];
}

/** The first day of 2025, in milliseconds since the epoch: this program is younger. */
const BEFORE_MS = 1_735_689_600_000;
/** Two machines that ask the same time server differ by less. */
const TOLERANCE_MS = 5 * 60_000;

function clockFinding({ nowMs, newestImageMs }: Facts): Finding {
  const cure = "set the clock, and let a time server keep it ('timedatectl set-ntp true')";
  if (nowMs < BEFORE_MS) {
    return { code: "clock", level: "fault", text: "the clock says a day before 2025", cure };
  }
  if (newestImageMs !== undefined && newestImageMs > nowMs + TOLERANCE_MS) {
    const minutes = Math.ceil((newestImageMs - nowMs) / 60_000);
    const text = `the newest image was made ${minutes} minutes after what the clock says now`;
    return { code: "clock", level: "warning", text, cure };
  }
  return ok("clock", "the clock is not before the images");
}
