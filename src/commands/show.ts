/** `mayfly show`: what is in an image, without booting it. */

import type { SettingsRequest } from "../config/load.ts";
import { type InsideView, inside } from "../web/schema/inside.ts";
import { connectAdmin } from "./admin-client.ts";
import { readGeneration, readHostName } from "./generations.ts";
import type { ListOptions } from "./machines.ts";
import { type Column, formatTable } from "./table.ts";
import { wrapText } from "./wrap-text.ts";

/** @param generation - its number; absent: what a boot that starts now gets */
export async function showInside(
  request: SettingsRequest,
  host: string,
  generation: string | undefined,
  { json, width }: ListOptions,
): Promise<string[]> {
  const query = generation === undefined ? "" : `?generation=${readGeneration(generation)}`;
  const client = await connectAdmin(request);
  const view = await client.ask(inside, "GET", `hosts/${readHostName(host)}/inside${query}`);
  return json ? [JSON.stringify(view, undefined, 2)] : insideLines(view, width);
}

function insideLines(view: InsideView, width: number | undefined): string[] {
  const { services, untold, cure } = view;
  const told = VALUES.flatMap(([title, text]) => {
    const value = text(view);
    if (value === undefined || value === "") return [];
    return wrapText(`${title.padEnd(TITLE_WIDTH)}${value}`, TITLE_WIDTH, width);
  });
  const reason = cure === undefined ? untold : `${untold}; ${cure}`;
  return [
    ...told,
    "",
    ...(services === undefined
      ? wrapText(`Its services are not known: ${reason}.`, 0, width)
      : serviceLines(services, width)),
  ];
}

const TITLE_WIDTH = 12;
const VALUES: readonly (readonly [string, (view: InsideView) => string | undefined])[] = [
  ["Image", ({ image }) => image],
  ["Generation", ({ number, id }) => `${number} (${id})`],
  ["Path", ({ path }) => path],
  ["NixOS", ({ nixos, label }) => [nixos, label === nixos ? undefined : label].filter(Boolean).join(", ")],
  ["Linux", ({ kernel }) => kernel],
  ["Init", ({ init }) => init],
  ["Parameters", ({ parameters }) => parameters.filter((word) => !word.startsWith("init=")).join(" ")],
];

type Service = NonNullable<InsideView["services"]>[number];

function serviceLines(services: readonly Service[], width: number | undefined): string[] {
  if (services.length === 0) return ["It has no services of its own."];
  // One line for each command, the name on the first of them.
  const rows = services.flatMap(({ name, wantedBy, commands }) =>
    commands.map((command, at) => ({
      name: at === 0 ? name : "",
      wantedBy: at === 0 ? wantedBy.join(", ") : "",
      command,
    })),
  );
  return formatTable(COLUMNS, rows, width);
}

interface Row {
  readonly name: string;
  readonly wantedBy: string;
  readonly command: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "SERVICE", text: ({ name }) => name },
  { title: "STARTED BY", text: ({ wantedBy }) => wantedBy },
  { title: "COMMAND", text: ({ command }) => command },
];
