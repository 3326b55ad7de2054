/** Machines that have asked: which of them nobody knows, which wait, what each is. Pure. */

import type { MachineView } from "../../../src/web/schema/machines.ts";

/** One that waits asks every ten seconds at the latest; two may be lost. */
const WAITING_MS = 35_000;

/** Whether it stands at its screen now, until somebody says what it is. */
export function isWaiting({ told, lastSeen }: MachineView, nowMs: number): boolean {
  return told.type === "stranger" && told.reason === "hold" && nowMs - Date.parse(lastSeen) < WAITING_MS;
}

export interface MachineLists {
  /** Those that wait first, then the one that was seen last. */
  readonly unknown: readonly MachineView[];
  readonly known: readonly MachineView[];
}

/** @param text - words that all have to be in what is known of a machine */
export function machineLists(machines: readonly MachineView[], text: string, nowMs: number): MachineLists {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = machines.filter((machine) => words.every((word) => textOf(machine).includes(word)));
  const latest = (a: MachineView, b: MachineView) =>
    a.lastSeen < b.lastSeen ? 1 : a.lastSeen > b.lastSeen ? -1 : a.mac < b.mac ? -1 : 1;
  const first = (machine: MachineView) => (isWaiting(machine, nowMs) ? 0 : 1);
  return {
    unknown: found
      .filter(({ host }) => host === undefined)
      .sort((a, b) => first(a) - first(b) || latest(a, b)),
    known: found.filter(({ host }) => host !== undefined).sort(latest),
  };
}

function textOf(machine: MachineView): string {
  const { mac, host, approved, arch, uuid, serial, vendor, asset, nic, platform, address } = machine;
  const parts = [mac, mac.replaceAll(":", "-"), host, approved, arch, uuid, serial, vendor, asset, nic];
  return [...parts, platform, address, whatText(machine)].join(" ").toLowerCase();
}

/** What it is, as far as it has said so: `Supermicro X11SCH`, else who made its network card. */
export function whatText({ manufacturer, product, vendor }: MachineView): string {
  const said = [manufacturer, product].filter(Boolean).join(" ");
  return said === "" ? (vendor ?? "") : said;
}

const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;

/** Why this cannot be a host's name; `undefined`: it can. The server has the last word. */
export function nameFault(name: string): string | undefined {
  if (name === "" || HOST_NAME.test(name)) return undefined;
  return "Letters, digits, '.', '_' and '-', the first one a letter or a digit.";
}
