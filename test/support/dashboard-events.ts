/** Events of the stream as the dashboard gets them, and a state that has loaded a few hosts. */

import { EMPTY, type State } from "../../dashboard/src/state/state.ts";
import { loaded } from "../../dashboard/src/state/step.ts";
import type { PublicEvent, PublicEventOf } from "../../src/web/schema/events.ts";
import type { HostView } from "../../src/web/schema/hosts.ts";
import type { SessionView, StepView } from "../../src/web/schema/sessions.ts";
import type { ServerStatus } from "../../src/web/schema/status.ts";

export const AT = "2026-11-22T06:00:00.000Z";

export function later(ms: number): string {
  return new Date(Date.parse(AT) + ms).toISOString();
}

const LINE = { at: AT, level: "info", text: "" } as const;

export const STATUS: ServerStatus = {
  ...{ version: "0.1.0", started: AT, dhcp: "proxy", httpPort: 8080, interfaces: [], uptimeSeconds: 1 },
  counts: { hosts: 2, ready: 2, machines: 2, unknown: 0, generations: 1 },
  you: { name: "anna", scope: "operate" },
};

export function host(name: string, more: Partial<HostView> = {}): HostView {
  return {
    ...{ name, isDefault: false, macs: [], uuids: [], serials: [], approved: [], image: name },
    generation: { id: "g1" },
    ...more,
  };
}

export function loadedState(...names: readonly string[]): State {
  const hosts = (names.length === 0 ? ["beta", "gamma"] : names).map((name) => host(name));
  return loaded(EMPTY, { status: STATUS, hosts, boots: [] });
}

export function session(more: Partial<SessionView> = {}): SessionView {
  return {
    ...{ id: "0mwr00001-aaaaaa", mac: "52:54:00:00:00:01", host: "beta", via: "netboot" },
    ...{ outcome: "under-way", start: AT, last: AT, scripts: 1, sentBytes: 0, steps: [] },
    ...more,
  };
}

export function fetching(path: string, more: Partial<StepView> = {}): StepView {
  return { stage: "initrd", start: AT, path, sizeBytes: 1000, ...more };
}

export function told(view: SessionView, change: PublicEventOf<"session">["change"] = "moved"): PublicEvent {
  const host = view.host === undefined ? {} : { host: view.host };
  return { type: "session", ...LINE, change, mac: view.mac, ...host, session: view };
}

export function progress(
  sentBytes: number,
  atMs: number,
  more: Partial<PublicEventOf<"progress">> = {},
): PublicEvent {
  return {
    ...{
      type: "progress",
      at: later(atMs),
      via: "http",
      address: "10.0.0.1",
      port: 1,
      path: "media/g1/initrd",
    },
    ...{ mac: "52:54:00:00:00:01", sizeBytes: 1000, sentBytes },
    ...more,
  };
}

export function published(image: string): PublicEvent {
  return { type: "published", ...LINE, image, generation: "g2" };
}

export function diagnosed(boot: string, host: string): PublicEvent {
  const diagnosis = {
    code: "program-died",
    certainty: "likely",
    what: "it died",
    cure: "",
    evidence: [],
  } as const;
  return {
    type: "diagnosed",
    ...LINE,
    boot,
    mac: "52:54:00:00:00:01",
    host,
    diagnosis: { ...diagnosis, evidence: [] },
  };
}
