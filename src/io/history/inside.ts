/** Finds out what runs in a generation, keeps it, and says what it lacks where it cannot tell. */

import { configInstallable } from "../../boot/history/flake-config.ts";
import type { GenerationRecord } from "../../boot/history/record.ts";
import {
  formatService,
  parseService,
  type Service,
  type ServicesAnswer,
} from "../../boot/history/service.ts";
import { initOf, systemOf } from "../../boot/history/system-name.ts";
import type { HostName } from "../../boot/host.ts";
import { createLane } from "../system/lane.ts";
import { ToolError } from "../system/run-tool.ts";
import { askFlake, type FlakeServices } from "./flake-services.ts";
import type { LineLists } from "./line-lists.ts";
import { openSystem } from "./system-files.ts";
import { readServices } from "./unit-services.ts";

export interface Inside {
  /** Keeps what the system's own files tell, as long as they are here. */
  remember(record: GenerationRecord): Promise<void>;
  /** @param host - whose flake may be asked, where the system is not on this machine */
  services(record: GenerationRecord, host: HostName): Promise<ServicesAnswer>;
  close(): Promise<void>;
}

export interface InsideOptions {
  /** Where {@link formatService} of each is kept. */
  readonly lists: LineLists;
  /** What `nix build` is given for a host; `undefined` where it names no flake. */
  readonly flakeOf: (host: HostName) => string | undefined;
  /** Added to this process's own environment for nix. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long an answer is waited for, in milliseconds; nix goes on, and what it finds is there the next time. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 20_000;

export function createInside({ lists, flakeOf, env, patienceMs = PATIENCE_MS }: InsideOptions): Inside {
  const controller = new AbortController();
  const { signal } = controller;
  const inTurn = createLane();
  const asking = new Map<string, Promise<FlakeServices>>();

  async function keep(record: GenerationRecord, services: readonly Service[]): Promise<ServicesAnswer> {
    // Where it cannot be kept it is found out again.
    await lists.put(record.image, record.number, services.map(formatService)).catch(() => {});
    return { type: "known", services };
  }

  async function ask(record: GenerationRecord, host: HostName, flake: string): Promise<ServicesAnswer> {
    try {
      const found = await askOnce(host, flake);
      if (found.system === systemOf(record.kernelParams)) return await keep(record, found.services);
      return {
        type: "unknown",
        reason: `generation ${record.number} is not what ${flake} builds now, and its system is not on the server`,
        cure: "build the host anew, or look at a generation whose system the server's nix store has",
      };
    } catch (error) {
      const output = error instanceof ToolError ? lastError(error.output) : undefined;
      const why = output ?? (error instanceof Error ? error.message : String(error));
      return { type: "unknown", reason: `nix could not evaluate ${flake}: ${why}` };
    }
  }

  /** What a flake has is the same whichever generation is looked at. */
  function askOnce(host: HostName, flake: string): Promise<FlakeServices> {
    const key = configInstallable(flake, host);
    const options = { signal, ...(env === undefined ? {} : { env }) };
    const asked =
      asking.get(key) ?? inTurn(() => askFlake(flake, host, options)).finally(() => asking.delete(key));
    asking.set(key, asked);
    return asked;
  }

  async function known(record: GenerationRecord): Promise<ServicesAnswer | undefined> {
    const kept = await lists.get(record.image, record.number);
    if (kept !== undefined)
      return { type: "known", services: sorted(kept.flatMap((line) => parseService(line) ?? [])) };
    const system = await openSystem(record);
    const services = system === undefined ? undefined : await readServices(system);
    return services === undefined ? undefined : keep(record, services);
  }

  return {
    async remember(record) {
      await known(record);
    },
    async services(record, host) {
      const answer = await known(record);
      if (answer !== undefined) return answer;
      const flake = flakeOf(host);
      if (flake === undefined) return { type: "unknown", ...whyUnknown(record) };
      return within(patienceMs, ask(record, host, flake), {
        type: "unknown",
        reason: `nix is still evaluating ${flake}, or what was asked for before`,
        cure: "ask again in a minute",
      });
    },
    async close() {
      controller.abort();
      await Promise.allSettled(asking.values());
    },
  };
}

function sorted(services: readonly Service[]): readonly Service[] {
  return services.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The last thing that nix complains of. */
function lastError(output: string): string | undefined {
  const lines = output.split("\n").map((line) => line.trim());
  return (
    lines
      .findLast((line) => line.startsWith("error:"))
      ?.slice("error:".length)
      .trim() || undefined
  );
}

function whyUnknown({ kernelParams }: GenerationRecord) {
  const system = systemOf(kernelParams);
  if (system !== undefined) {
    return {
      reason: `${system} is not on the server`,
      cure: "serve from the machine that builds the images, or name the host's flake in the configuration",
    };
  }
  const init = initOf(kernelParams);
  return {
    reason:
      init === undefined
        ? "the image does not say which system it starts (its kernel parameters have no init=)"
        : `the image starts ${init}, which is in no nix store`,
  };
}

function within<Value>(ms: number, asked: Promise<Value>, late: Value): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late), ms);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
