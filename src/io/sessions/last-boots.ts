/**
 * Remembers how each host booted last, so that a list of a thousand hosts reads nothing.
 *
 * What was before the start is read once, a host at a time: machines boot meanwhile.
 */

import { setImmediate } from "node:timers/promises";
import type { BootEvent } from "../../boot/event.ts";
import type { HostName } from "../../boot/host.ts";
import { type LastBoot, lastBootOf, withDiagnosis, withSession } from "../../boot/session/last-boot.ts";
import type { World } from "../world.ts";
import type { Diagnoses } from "./diagnoses.ts";
import type { Sessions } from "./sessions.ts";

export interface LastBoots {
  /** Of each of these hosts that has ever booted the session that began last. */
  of(hosts: readonly HostName[]): Promise<ReadonlyMap<HostName, LastBoot>>;
  /** Reads those of all hosts that there are now, for who asks later. */
  readAhead(): void;
  close(): Promise<void>;
}

export interface LastBootsOptions {
  readonly world: World;
  readonly sessions: Pick<Sessions, "list">;
  readonly diagnoses: Pick<Diagnoses, "of">;
}

export function startLastBoots({ world, sessions, diagnoses }: LastBootsOptions): LastBoots {
  /** Of hosts that were looked for; `undefined`: it has not booted. */
  const known = new Map<HostName, LastBoot | undefined>();
  const reading = new Map<HostName, Promise<void>>();
  /** Of hosts that were not looked for yet. */
  const told = new Map<HostName, LastBoot>();
  let isOpen = true;

  function take(event: BootEvent): void {
    if (event.type === "session") {
      const { host } = event.session;
      if (host === undefined) return;
      if (known.has(host)) known.set(host, withSession(known.get(host), event.session));
      else told.set(host, withSession(told.get(host), event.session));
    } else if (event.type === "diagnosed" && event.host !== undefined && known.has(event.host)) {
      known.set(event.host, withDiagnosis(known.get(event.host), event.session, event.diagnosis));
    }
  }

  async function read(host: HostName): Promise<void> {
    const [last] = await sessions.list({ host }, 1);
    const [first] = last === undefined ? [] : await diagnoses.of(last);
    reading.delete(host);
    const boot = last && lastBootOf(last);
    const read = last && first ? withDiagnosis(boot, last.id, first) : boot;
    const heard = told.get(host);
    told.delete(host);
    // What was told meanwhile is newer, unless it was of an older session.
    known.set(host, heard === undefined || (read !== undefined && read.id > heard.id) ? read : heard);
  }

  /** One after the other, with room for packets between them. */
  async function readAll(hosts: Iterable<HostName>): Promise<void> {
    for (const host of hosts) {
      if (!isOpen) return;
      if (known.has(host)) continue;
      const mine = reading.get(host) ?? read(host);
      reading.set(host, mine);
      await mine;
      await setImmediate();
    }
  }

  const stop = world.subscribe(take);
  let ahead: Promise<void> = Promise.resolve();
  return {
    async of(hosts) {
      await readAll(hosts);
      return new Map(
        hosts.flatMap((host) => {
          const boot = known.get(host);
          return boot === undefined ? [] : [[host, boot] as const];
        }),
      );
    },
    readAhead() {
      ahead = readAll(world.snapshot().hosts.keys()).catch((error: unknown) =>
        world.record({ type: "bug", via: "last boots", error }),
      );
    },
    async close() {
      isOpen = false;
      stop();
      await ahead;
    },
  };
}
