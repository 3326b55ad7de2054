/**
 * The noun `reference graph`: store paths with what each of them refers to, as nix tells of many at once,
 * and what each consists of. Pure.
 */

import { baseName } from "../base-name.ts";
import type { Closure, ClosurePath } from "./closure.ts";
import { storePathName } from "./package-name.ts";

/** A store path as nix tells of it. */
export interface StoreObject {
  /** With or without the folder that the store is, as nix of this version has it. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Paths, written either way; its own may be among them. */
  readonly references: readonly string[];
}

export interface ReferenceGraph {
  add(object: StoreObject): void;
  has(path: string): boolean;
  /** How many store paths were added. */
  size(): number;
  /**
   * All that a store path refers to, itself included, in the order in which they were added.
   *
   * @returns `undefined` for one that was not
   */
  closureOf(path: string): Closure | undefined;
}

interface Node {
  /** The how many-th it was; absent for one that others refer to and nothing more is known of. */
  order?: number;
  path?: ClosurePath;
  references: readonly Node[];
}

export function createReferenceGraph(): ReferenceGraph {
  /** By what they were called by, and by base name. */
  const nodes = new Map<string, Node>();
  let size = 0;

  function find(path: string): Node | undefined {
    return nodes.get(path) ?? nodes.get(baseName(path));
  }

  function take(path: string): Node {
    const known = nodes.get(path);
    if (known !== undefined) return known;
    const node = find(path) ?? { references: [] };
    nodes.set(path, node).set(baseName(path), node);
    return node;
  }

  return {
    add({ path, sizeBytes, references }) {
      const node = take(path);
      node.order ??= size++;
      node.path = { name: storePathName(path) ?? path, sizeBytes };
      node.references = references.map(take);
    },
    has: (path) => find(path)?.path !== undefined,
    size: () => size,
    closureOf(path) {
      const root = find(path);
      if (root?.path === undefined) return undefined;
      const reached = new Set([root]);
      // A set goes on to what is added while it is gone through.
      for (const node of reached) for (const next of node.references) reached.add(next);
      const inOrder = [...reached].sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
      return inOrder.flatMap((node) => node.path ?? []);
    },
  };
}

/**
 * Reads what `nix path-info --json` answers: a list before nix 2.19, an object by path since, in which the
 * keys are base names since 2.31, and which has another one around it in format 2.
 *
 * @param answer - parsed as JSON
 * @returns each that nix knows, one by one, and `undefined` for what nix of no version writes
 */
export function* readPathInfo(answer: unknown): Generator<StoreObject | undefined> {
  for (const [path, value] of entriesOf(answer)) {
    if (isUnknown(value)) continue;
    yield typeof path === "string" && isObject(value) ? readInfo(path, value) : undefined;
  }
}

/** What is no answer at all is one entry that cannot be read. */
function entriesOf(answer: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(answer)) {
    return answer.map((value: unknown) => [isObject(value) ? value.path : undefined, value]);
  }
  if (!isObject(answer)) return [[undefined, answer ?? "nothing"]];
  const { info, version } = answer;
  return Object.entries(isObject(info) && typeof version === "number" ? info : answer);
}

/** A list says so by a word, an object by saying nothing. */
function isUnknown(value: unknown): boolean {
  return value === null || (isObject(value) && value.valid === false);
}

function readInfo(path: string, { narSize, references }: Record<string, unknown>): StoreObject | undefined {
  if (typeof narSize !== "number" || !Array.isArray(references)) return undefined;
  return references.every((each) => typeof each === "string")
    ? { path, sizeBytes: narSize, references }
    : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
