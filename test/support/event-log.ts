/** Collects what a world records, and waits for what a test expects. */

import type { BootEvent } from "../../src/boot/event.ts";
import type { World } from "../../src/io/world.ts";

export type EventOf<Type extends BootEvent["type"]> = Extract<BootEvent, { type: Type }>;

export interface EventLog {
  /** In their order. */
  readonly all: readonly BootEvent[];
  /** Starts anew with none. */
  clear(): void;
  of<Type extends BootEvent["type"]>(type: Type): EventOf<Type>[];
  /** The first such event, now or later; rejects after ten seconds without. */
  wait<Type extends BootEvent["type"]>(
    type: Type,
    matches?: (event: EventOf<Type>) => boolean,
  ): Promise<EventOf<Type>>;
}

const PATIENCE_MS = 10_000;

export function logEvents(world: World): EventLog {
  const events: BootEvent[] = [];
  world.subscribe((event) => events.push(event));
  const of = <Type extends BootEvent["type"]>(type: Type) =>
    events.filter((event): event is EventOf<Type> => event.type === type);
  return {
    all: events,
    clear: () => void events.splice(0),
    of,
    wait(type, matches = () => true) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = of(type).find(matches);
          if (found === undefined) return;
          clearTimeout(giveUp);
          stop();
          resolve(found);
        };
        const giveUp = setTimeout(() => {
          stop();
          reject(new Error(`no such '${type}'; there were ${JSON.stringify(events.slice(-5))}`));
        }, PATIENCE_MS);
        const stop = world.subscribe(look);
        look();
      });
    },
  };
}
