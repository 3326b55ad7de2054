/** Names that may be typed and that the program does not know by itself: a running server is asked for most of them. */

import { networkInterfaces } from "node:os";
import type * as z from "zod";
import { SCOPES } from "../boot/access/token.ts";
import { DHCP_PRODUCTS } from "../boot/advice/products.ts";
import type { SettingsRequest } from "../config/load.ts";
import { rawConfig } from "../config/raw.ts";
import { SETTINGS } from "../config/sources.ts";
import { generations } from "../web/schema/generations.ts";
import { hosts } from "../web/schema/hosts.ts";
import { machines } from "../web/schema/machines.ts";
import { notifications } from "../web/schema/notifications.ts";
import { rollouts } from "../web/schema/rollouts.ts";
import { sessions } from "../web/schema/sessions.ts";
import { tokens } from "../web/schema/tokens.ts";
import { type AdminClient, connectAdmin } from "./admin-client.ts";
import type { Candidate, Completion } from "./complete.ts";
import { readPages } from "./pages.ts";

type Values = (client: AdminClient, wanted: Completion) => Promise<readonly Candidate[]>;

/** By what an argument, or the value of an option, is called in the help. */
const ASKED: Readonly<Record<string, Values>> = {
  HOST: hostNames,
  GROUP: async (client) => {
    const all = (await client.ask(rollouts, "GET", "rollouts")).rollouts;
    return [...new Set(all.flatMap(({ group }) => group ?? []))].map((value) => ({ value, about: "group" }));
  },
  MAC: async (client, { typed }) => {
    const pages = await readPages(client, machines, "machines");
    return pages
      .flatMap((page) => page.machines)
      .map(({ mac, host, vendor }) => ({
        value: typed.includes("-") ? mac.replaceAll(":", "-") : mac,
        about: host ?? vendor ?? "",
      }));
  },
  BOOT: async (client) => {
    const last = (await client.ask(sessions, "GET", "sessions?limit=30")).sessions;
    return last.map(({ id, host, mac, outcome }) => ({ value: id, about: `${host ?? mac}, ${outcome}` }));
  },
  TOKEN: async (client) => {
    const all = (await client.ask(tokens, "GET", "tokens")).tokens;
    return all.map(({ name, scope }) => ({ value: name, about: scope }));
  },
  PLACE: async (client) => {
    const { targets } = await client.ask(notifications, "GET", "notifications");
    return targets.map(({ name, format }) => ({ value: name, about: format }));
  },
  GENERATION: generationNumbers,
  generation: generationNumbers,
  A: generationNumbers,
  B: generationNumbers,
};

const KNOWN: Readonly<Record<string, () => readonly string[]>> = {
  SERVER: () => DHCP_PRODUCTS.map(({ name }) => name),
  interface: () => Object.keys(networkInterfaces()),
  scope: () => SCOPES,
};

/** What the shell itself knows best. */
const FILES: ReadonlySet<string> = new Set(["FILE", "IMAGE", "SOURCE", "PARTS", "file"]);
const FOLDERS: ReadonlySet<string> = new Set(["FOLDER", "folder"]);

async function hostNames(client: AdminClient): Promise<readonly Candidate[]> {
  const pages = await readPages(client, hosts, "hosts");
  return pages.flatMap((page) => page.hosts).map(({ name }) => ({ value: name, about: "host" }));
}

/** Of the host that stands before it. */
async function generationNumbers(
  client: AdminClient,
  { operands: [host] }: Completion,
): Promise<Candidate[]> {
  if (host === undefined) return [];
  const path = `hosts/${encodeURIComponent(host)}/generations?limit=30`;
  const last = (await client.ask(generations, "GET", path)).generations;
  return last.map(({ number, id }) => ({ value: String(number), about: id }));
}

export interface FoundValues {
  readonly candidates: readonly Candidate[];
  /** Names of files, or of folders, besides. */
  readonly paths?: "files" | "folders";
}

/** How long a server is waited for: whoever has pressed a key waits. */
const PATIENCE_MS = 1500;

/** Never throws: where nobody answers, nothing is offered. */
export async function findValues(wanted: Completion, request: SettingsRequest): Promise<FoundValues> {
  const { kinds, option } = wanted;
  const own = kinds.flatMap((kind) => KNOWN[kind]?.() ?? []);
  const enumerated = [...own, ...(option === undefined ? [] : settingValues(option))];
  const asking = kinds.flatMap((kind) => ASKED[kind] ?? []);
  const asked = asking.length === 0 ? [] : await askFor(asking, wanted, request);
  const paths = kinds.some((kind) => FILES.has(kind))
    ? "files"
    : kinds.some((kind) => FOLDERS.has(kind))
      ? "folders"
      : undefined;
  return {
    candidates: [...enumerated.map((value) => ({ value, about: "" })), ...asked],
    ...(paths === undefined ? {} : { paths }),
  };
}

async function askFor(
  asking: readonly Values[],
  wanted: Completion,
  request: SettingsRequest,
): Promise<readonly Candidate[]> {
  const late = Promise.withResolvers<readonly Candidate[]>();
  const timer = setTimeout(() => late.resolve([]), PATIENCE_MS);
  const answers = async () => {
    const client = await connectAdmin(request);
    return (await Promise.all(asking.map((ask) => ask(client, wanted).catch(() => [])))).flat();
  };
  try {
    return await Promise.race([answers(), late.promise]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

/** Of a flag that is a key of the configuration: what that may be, where it is one of a few words. */
function settingValues(flag: string): readonly string[] {
  const key = SETTINGS.find((setting) => setting.flag === flag)?.key;
  if (key === undefined) return [];
  return enumOf(rawConfig.shape[key]);
}

function enumOf(schema: z.core.$ZodType): readonly string[] {
  const { def } = schema._zod;
  if ("innerType" in def) return enumOf(def.innerType as z.core.$ZodType);
  return "entries" in def ? Object.values(def.entries as Record<string, string>) : [];
}
