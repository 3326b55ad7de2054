/** The noun `message`: some alerts of one kind in the words that a person reads. Pure. */

import { type Alert, type AlertKind, who } from "./alert.ts";

export interface Message {
  /** Names it for ever; the same when it is sent again. */
  readonly id: string;
  readonly kind: AlertKind | "test";
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Whether somebody should look, may know, or may stop looking. */
  readonly mood: "bad" | "news" | "good";
  readonly title: string;
  /** One line for each cause, without line breaks. */
  readonly lines: readonly string[];
  /** How many alerts it stands for. */
  readonly count: number;
  /** At most {@link MAX_LISTED} of them. */
  readonly alerts: readonly Alert[];
}

/** Alerts that a program is told one by one. */
export const MAX_LISTED = 20;
const MAX_LINES = 8;
const MAX_NAMES = 5;
const MAX_LINE = 600;

/** @param alerts - at least one, all of one kind @param more - how many there are besides */
export function composeMessage(id: string, atMs: number, alerts: readonly Alert[], more = 0): Message {
  const kind = alerts[0]?.kind ?? "server-trouble";
  const groups = byCause(alerts);
  const lines = groups.slice(0, MAX_LINES).map(groupLine);
  const left = groups.slice(MAX_LINES).reduce((sum, group) => sum + group.length, more);
  return {
    ...{ id, kind, atMs, mood: moodOf(kind, alerts), title: titleOf(kind, alerts, more) },
    lines: left === 0 ? lines : [...lines, `and ${left} more`],
    count: alerts.length + more,
    alerts: alerts.slice(0, MAX_LISTED),
  };
}

/** What `mayfly notify test` sends. */
export function testMessage(id: string, atMs: number): Message {
  const lines = ["This is how Mayfly tells what you should know. Nothing has happened."];
  return { id, kind: "test", atMs, mood: "news", title: "A test from Mayfly", lines, count: 0, alerts: [] };
}

function moodOf(kind: AlertKind, alerts: readonly Alert[]): Message["mood"] {
  if (kind === "rollout-done" || alerts.every(({ isOver }) => isOver === true)) return "good";
  return kind === "unknown-machine" ? "news" : "bad";
}

function titleOf(kind: AlertKind, alerts: readonly Alert[], more: number): string {
  const [first] = alerts;
  const many = new Set(alerts.map(who)).size + more;
  const one = many === 1 && first !== undefined ? first : undefined;
  switch (kind) {
    case "boot-failed":
      return one === undefined ? `${many} machines have not booted` : `${one.subject} has not booted`;
    case "not-well":
      return one === undefined
        ? `${many} machines are up, but not well`
        : `${one.subject} is up, but not well`;
    case "generation-bad":
      return one === undefined ? `${many} generations are bad` : `A generation of ${one.subject} is bad`;
    case "rollout-done":
      return one === undefined ? `${many} rollouts are done` : `A rollout is done: ${one.subject}`;
    case "unknown-machine":
      return one === undefined ? `${many} unknown machines ask` : `An unknown machine asks: ${one.subject}`;
    case "server-trouble":
      return troubleTitle(alerts, more);
  }
}

function troubleTitle(alerts: readonly Alert[], more: number): string {
  const open = alerts.filter(({ isOver }) => isOver !== true).length + more;
  const [first] = alerts;
  if (open === 0)
    return alerts.length === 1 ? `Over: ${first?.subject}` : `${alerts.length} troubles are over`;
  if (open > 1) return `Mayfly has ${open} troubles`;
  const only = alerts.find(({ isOver }) => isOver !== true);
  return only === undefined || only.subject === "Mayfly" ? "Mayfly has trouble" : `Trouble: ${only.subject}`;
}

function byCause(alerts: readonly Alert[]): readonly (readonly Alert[])[] {
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const key = `${alert.isOver === true} ${alert.cause ?? alert.text}`;
    groups.set(key, [...(groups.get(key) ?? []), alert]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

function groupLine(group: readonly Alert[]): string {
  const [first, ...others] = group;
  if (first === undefined) return "";
  const { text, cause, cure, boot } = first;
  const tail = cure === undefined ? "" : `; ${cure}`;
  if (others.length === 0) {
    const codes = [cause, boot === undefined ? undefined : `boot ${boot}`].filter(
      (code) => code !== undefined,
    );
    const known = codes.length === 0 ? "" : ` (${codes.join(", ")})`;
    return clip(`${nameOf(first)}: ${text}${known}${tail}`);
  }
  const names = group.slice(0, MAX_NAMES).map(({ subject }) => subject);
  const rest = group.length > MAX_NAMES ? ` and ${group.length - MAX_NAMES} more` : "";
  return clip(`${group.length} × ${cause ?? "the same"} (${names.join(", ")}${rest}): ${text}${tail}`);
}

function nameOf({ subject, mac }: Alert): string {
  return mac === undefined || mac === subject ? subject : `${subject} (${mac})`;
}

/** What a machine says of itself is not to be trusted with a line. */
function clip(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, " ");
  return line.length <= MAX_LINE ? line : `${line.slice(0, MAX_LINE - 1)}…`;
}
