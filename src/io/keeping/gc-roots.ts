/**
 * Roots of nix's collector: for each store path that is needed a link in the state folder, which nix is
 * told of, so that no `nix-collect-garbage` takes the path or anything that it refers to.
 *
 * A root is there as long as somebody holds it, and outlasts the server: what a killed one has left is
 * taken over by the next, which removes what it does not need.
 */

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Notice } from "../../boot/event.ts";
import type { Roots } from "../images/keeping.ts";
import { createLimiter, type Limiter } from "../images/limiter.ts";
import { runTool } from "../system/run-tool.ts";
import { indirectRootOf, isHiddenFrom, type NixEnvironment, nixNamesOf, nixStateOf } from "./nix-state.ts";
import { tellCollector } from "./running-collector.ts";

export interface GcRoots extends Roots {
  /** The store paths that the server before this one held when it stopped, by any of their names. */
  readonly leftOver: readonly string[];
}

export interface GcRootsOptions {
  /** Absolute; `gcroots` in it is made when the first root is. */
  readonly stateFolder: string;
  readonly env: NixEnvironment;
  /** Gets each reason why roots cannot be made, once, with the cure. */
  readonly tell: (notice: Notice) => void;
}

/** One store path. */
interface Root {
  readonly path: string;
  holders: number;
  /** What is being done about it; one thing at a time. */
  work: Promise<void>;
  isMade: boolean;
}

interface State extends Omit<GcRootsOptions, "stateFolder"> {
  readonly folder: string;
  readonly roots: Map<string, Root>;
  /** Links that were there at the start, by name, and where they lead. */
  readonly found: Map<string, string>;
  readonly told: Set<string>;
  /** Of nix's own program few run at once. */
  readonly asking: Limiter;
  /** While roots that could not be made are tried again. */
  trying: Promise<void> | undefined;
  isClosed: boolean;
}

export function createGcRoots({ stateFolder, env, tell }: GcRootsOptions): GcRoots {
  const folder = join(resolve(stateFolder), "gcroots");
  const state: State = {
    ...{ folder, env, tell, roots: new Map(), found: readLinks(folder), told: new Set() },
    asking: createLimiter(2),
    trying: undefined,
    isClosed: false,
  };
  return {
    leftOver: [...state.found.values()],
    async hold(paths) {
      const held = Array.from(new Set(paths), (path) => take(state, path));
      await Promise.all(held.map(({ work }) => work));
      let isReleased = false;
      return {
        release() {
          if (isReleased) return;
          isReleased = true;
          for (const root of held) letGo(state, root);
        },
      };
    },
    again() {
      state.trying ??= makeMissing(state).finally(() => {
        state.trying = undefined;
      });
      return state.trying;
    },
    settle() {
      const needed = new Set(
        [...state.roots.values()].flatMap(({ path }) => targetsOf(state, path).map(linkName)),
      );
      for (const [name, target] of state.found)
        if (!needed.has(name)) removeLink(state, target, dirname(target));
      state.found.clear();
    },
    close() {
      state.isClosed = true;
    },
  };
}

/** A link's name tells where it leads, so that no link of somebody else's is taken for one of ours. */
function linkName(target: string): string {
  const store = createHash("sha256").update(dirname(target)).digest("hex").slice(0, 8);
  return `${basename(target)}.${store}`;
}

function readLinks(folder: string): Map<string, string> {
  const links = new Map<string, string>();
  for (const entry of readNames(folder)) {
    if (!entry.isSymbolicLink()) continue;
    const target = readlinkSync(join(folder, entry.name));
    if (linkName(target) === entry.name) links.set(entry.name, target);
  }
  return links;
}

function readNames(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function take(state: State, path: string): Root {
  const root = state.roots.get(path) ?? { path, holders: 0, work: Promise.resolve(), isMade: false };
  state.roots.set(path, root);
  root.holders++;
  root.work = root.work.then(async () => {
    if (root.isMade || root.holders === 0) return;
    root.isMade = await make(state, path);
  });
  return root;
}

/** The first that is refused stands for the rest of its store: nix may take a minute for each. */
async function makeMissing(state: State): Promise<void> {
  const refused = new Set<string>();
  for (const root of [...state.roots.values()]) {
    if (state.isClosed) return;
    const store = dirname(root.path);
    if (root.isMade || refused.has(store) || !existsSync(root.path)) continue;
    await take(state, root.path).work;
    letGo(state, root);
    if (!root.isMade) refused.add(store);
  }
}

function letGo(state: State, root: Root): void {
  root.holders--;
  root.work = root.work.then(() => {
    if (root.holders > 0 || state.isClosed || state.roots.get(root.path) !== root) return;
    state.roots.delete(root.path);
    for (const target of targetsOf(state, root.path)) removeLink(state, target, dirname(root.path));
  });
}

function targetsOf({ env }: State, path: string): readonly string[] {
  return nixNamesOf(dirname(path), basename(path), env);
}

/**
 * Never fails: what cannot be had is told, and the open descriptors hold what they can.
 *
 * @returns whether nix keeps it now
 */
async function make(state: State, path: string): Promise<boolean> {
  const store = dirname(path);
  const nix = nixStateOf(store, state.env);
  if (nix === undefined) {
    const cure =
      "give the server NIX_STATE_DIR if it lies elsewhere; if the store is another machine's, keep the builds there";
    explain(state, store, "nix's state folder is not beside it", cure);
    return false;
  }
  try {
    const fresh = targetsOf(state, path).filter((target) => makeLink(state, target, nix));
    if (isHiddenFrom(nix, dirname(state.folder))) {
      const cure = `let it look there: 'chmod 711 ${dirname(state.folder)}'`;
      explain(state, store, `its collector is another user's, who may not see ${state.folder}`, cure);
    }
    if (fresh.length > 0) await tellCollector(nix, fresh);
    return true;
  } catch (error) {
    return askNix(state, path, nix, error as NodeJS.ErrnoException);
  }
}

/**
 * Makes the link, and nix's link to it, as nix itself would.
 *
 * @returns whether something was missing, so that a collector at work may not have seen it
 */
function makeLink(state: State, target: string, nix: string): boolean {
  const link = join(state.folder, linkName(target));
  const isNew = putLink(target, link);
  return putLink(link, indirectRootOf(nix, link)) || isNew;
}

/** @returns whether it was not there before */
function putLink(target: string, link: string): boolean {
  try {
    symlinkSync(target, link);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(target, link);
      return true;
    }
    if (code !== "EEXIST") throw error;
  }
  if (leadsTo(link, target)) return false;
  const temporary = `${link}.tmp-${process.pid}-${Date.now()}`;
  symlinkSync(target, temporary);
  renameSync(temporary, link);
  return true;
}

function leadsTo(link: string, target: string): boolean {
  try {
    return readlinkSync(link) === target;
  } catch {
    return false;
  }
}

/** Where this user may not write nix's folder, nix's daemon may. */
async function askNix(
  state: State,
  path: string,
  nix: string,
  { code, message }: NodeJS.ErrnoException,
): Promise<boolean> {
  const target = targetsOf(state, path).at(-1) ?? path;
  const link = join(state.folder, linkName(target));
  const args = ["--realise", target, "--add-root", link, "--indirect"];
  try {
    const env = environmentOf(state.env);
    await state.asking(() => runTool("nix-store", args, { env, timeoutMs: 60_000 }));
    return true;
  } catch (refusal) {
    const why = `${join(nix, "gcroots", "auto")} cannot be written (${code ?? message}), and nix does not help: ${firstLine(refusal)}`;
    const cure = `let the server write there (in its unit: ReadWritePaths=${nix}/gcroots/auto, and a user that may), or install nix for it so that nix's daemon can be asked`;
    explain(state, dirname(path), why, cure);
    return false;
  }
}

/** Where installers of nix and NixOS put it: a service of systemd does not look there by itself. */
const NIX_FOLDERS = ["/run/current-system/sw/bin", "/nix/var/nix/profiles/default/bin"];

function environmentOf(env: NixEnvironment): Record<string, string> {
  const given = Object.entries(env).filter((each): each is [string, string] => each[1] !== undefined);
  return { ...Object.fromEntries(given), PATH: [env.PATH ?? "", ...NIX_FOLDERS].join(":") };
}

function firstLine(error: unknown): string {
  const lines = String((error as Error).message).split("\n");
  return lines.find((line) => /error|cannot run/.test(line)) ?? "it failed";
}

/** Each store's reason is told once. */
function explain({ told, tell }: State, store: string, why: string, cure: string): void {
  if (told.has(store + why)) return;
  told.add(store + why);
  const text = `nix cannot be told to keep what ${store} has for machines: ${why}; what is served is held open, which keeps it until the server stops`;
  tell({ level: "warn", text, cure });
}

/** Nix's link first: one that leads nowhere is nix's to clean up. */
function removeLink({ folder, env }: State, target: string, store: string): void {
  const link = join(folder, linkName(target));
  const nix = nixStateOf(store, env);
  const indirect = nix === undefined ? undefined : indirectRootOf(nix, link);
  if (indirect !== undefined && leadsTo(indirect, link)) unlinkQuietly(indirect);
  if (leadsTo(link, target)) unlinkQuietly(link);
}

/** Nix removes what it finds dangling; a link of ours that stays is removed by the next server. */
function unlinkQuietly(link: string): void {
  try {
    unlinkSync(link);
  } catch {}
}
