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
  /** How many store paths are in it. */
  readonly size: number;
  /**
   * All that a store path refers to, itself included, in the order in which nix told of them.
   *
   * @returns `undefined` for one that is not in it
   */
  closureOf(path: string): Closure | undefined;
}

/** Whatever is asked first of a part of it takes longer: references are looked up once, when they are needed. */
export function createReferenceGraph(objects: readonly StoreObject[]): ReferenceGraph {
  const paths = objects.map(
    ({ path, sizeBytes }): ClosurePath => ({ name: storePathName(path) ?? path, sizeBytes }),
  );
  const numbers = new Map(objects.map(({ path }, number) => [baseName(path), number]));
  const followed = new Map<number, readonly number[]>();

  function follow(number: number): readonly number[] {
    const known = followed.get(number);
    if (known !== undefined) return known;
    const references = objects[number]?.references ?? [];
    const found = references.flatMap((path) => numbers.get(baseName(path)) ?? []);
    followed.set(number, found);
    return found;
  }

  return {
    size: objects.length,
    closureOf(path) {
      const root = numbers.get(baseName(path));
      if (root === undefined) return undefined;
      const reached = new Set([root]);
      // A set goes on to what is added while it is gone through.
      for (const number of reached) for (const next of follow(number)) reached.add(next);
      return [...reached].sort((a, b) => a - b).flatMap((number) => paths[number] ?? []);
    },
  };
}

/**
 * Reads what `nix path-info --json` answers: a list before nix 2.19, an object by path since, in which the
 * keys are base names since 2.31, and one that says its version around that in format 2.
 *
 * @param answer - parsed as JSON
 * @returns those that nix knows; `undefined` for what nix of no version writes
 */
export function readPathInfo(answer: unknown): readonly StoreObject[] | undefined {
  const objects: StoreObject[] = [];
  for (const [path, value] of entriesOf(answer)) {
    if (isUnknown(value)) continue;
    const object = typeof path === "string" && isObject(value) ? readInfo(path, value) : undefined;
    if (object === undefined) return undefined;
    objects.push(object);
  }
  return objects;
}

/** An answer that is neither is one entry that cannot be read. */
function entriesOf(answer: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(answer))
    return answer.map((value: unknown) => [isObject(value) ? value.path : "", value]);
  if (!isObject(answer)) return [["", "none"]];
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
