/** Which events are worth a message, and what it says. Pure. */

import type { Build } from "../build/build.ts";
import type { BootDecision } from "../decide.ts";
import type { BootEvent } from "../event.ts";
import { describeRollout } from "../rollout/describe-rollout.ts";
import type { RolloutNews } from "../rollout/rollout-event.ts";
import type { Alert } from "./alert.ts";

type EventOf<T extends BootEvent["type"]> = Extract<BootEvent, { type: T }>;

/**
 * The alert that an event is by itself; `undefined` for all others. How boots went is
 * {@link import("./boot-alert.ts").bootAlert | another question}.
 *
 * @param atMs - milliseconds since the epoch
 */
export function alertOf(event: BootEvent, atMs: number): Alert | undefined {
  switch (event.type) {
    case "dhcp":
    case "script":
      return isUnknown(event.decision) ? unknownMachine(event.client.mac, atMs) : undefined;
    case "rollout":
      return rolloutAlert(event, atMs);
    case "trouble":
      return trouble({ what: `the image ${event.image}`, text: event.reason, atMs, hosts: [event.image] });
    case "published":
      return over(`the image ${event.image}`, `${event.generation.id} is live`, atMs, [event.image]);
    case "withdrawn":
      return over(`the image ${event.image}`, "its link is gone", atMs, [event.image]);
    case "build":
      return event.change === "ended" ? buildAlert(event.build, atMs) : undefined;
    case "notice":
      return noticeAlert(event, atMs);
    case "bug": {
      const text = `there is a mistake in ${event.via}; its log has the line that a report needs`;
      return { ...base("server-trouble", `bug ${event.via}`, atMs), subject: "Mayfly", text };
    }
    default:
      return undefined;
  }
}

function base<Kind extends Alert["kind"]>(kind: Kind, key: string, atMs: number) {
  return { kind, key: `${kind} ${key}`, atMs, hosts: [] };
}

/** Nothing names it; what a default covers is known. */
function isUnknown(decision: BootDecision): boolean {
  if (decision.type === "stranger") return true;
  return decision.type === "silent" && decision.reason === "unknown-host";
}

/** The key that {@link alertOf} gives an unknown machine. */
export function unknownKey(mac: string): string {
  return `unknown-machine ${mac}`;
}

function unknownMachine(mac: string, atMs: number): Alert {
  return {
    ...base("unknown-machine", mac, atMs),
    ...{ key: unknownKey(mac), subject: mac, mac },
    text: "asks for something to boot, and no host names it",
    cure: `'mayfly approve ${mac} NAME' says which host it is`,
  };
}

function rolloutAlert(news: RolloutNews, atMs: number): Alert | undefined {
  const { change, scope, hosts, generation, mac, reason } = news;
  if (change !== "marked-bad" && change !== "settled") return undefined;
  const kind = change === "settled" ? "rollout-done" : "generation-bad";
  const [subject = scope, ...rest] = describeRollout(news).text.split(": ");
  return {
    ...base(kind, `${scope} ${generation ?? ""}`, atMs),
    ...{ subject, text: rest.join(": "), hosts },
    ...(generation === undefined ? {} : { generation }),
    ...(mac === undefined ? {} : { mac }),
    ...(reason === undefined ? {} : { cause: reason }),
  };
}

interface Trouble {
  readonly what: string;
  readonly text: string;
  readonly cure?: string | undefined;
  readonly atMs: number;
  readonly hosts?: readonly string[];
}

/** Something of which the end will be known. */
function trouble({ what, text, cure, atMs, hosts = [] }: Trouble): Alert {
  return {
    ...base("server-trouble", what, atMs),
    ...{ subject: what, text, hosts, lasts: true },
    ...(cure === undefined ? {} : { cure }),
  };
}

function over(what: string, text: string, atMs: number, hosts: readonly string[] = []): Alert {
  return { ...base("server-trouble", what, atMs), subject: what, text, hosts, isOver: true };
}

function buildAlert({ host, state, trouble: why, cure, path }: Build, atMs: number): Alert | undefined {
  const what = `the build of ${host}`;
  if (state === "built")
    return over(what, `it is built${path === undefined ? "" : `: ${path}`}`, atMs, [host]);
  if (state !== "failed" && state !== "timed-out") return undefined;
  return trouble({ what, text: why ?? "nobody knows why it failed", cure, atMs, hosts: [host] });
}

function noticeAlert(event: EventOf<"notice">, atMs: number): Alert | undefined {
  const { level, text, cure, trouble: what, isOver } = event;
  if (what !== undefined) {
    if (isOver === true) return over(what, "all is well again", atMs);
    return trouble({
      what,
      text: text.startsWith(`${what}: `) ? text.slice(what.length + 2) : text,
      cure,
      atMs,
    });
  }
  if (level !== "warn") return undefined;
  return {
    ...base("server-trouble", text, atMs),
    ...{ subject: "Mayfly", text },
    ...(cure === undefined ? {} : { cure }),
  };
}
