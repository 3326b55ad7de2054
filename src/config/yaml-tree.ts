/**
 * YAML text as values that know where they stand: line and spelling of each, and every slip of the syntax.
 *
 * Anchors and merge keys are followed. What looks like a number is text unless the caller says
 * otherwise, since a MAC address or a serial number of digits only is none.
 */

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { formatPath, type Mistake, quote } from "./mistake.ts";

export interface YamlTree {
  /** Maps as objects, lists as arrays; `undefined` for an empty file, and where the syntax is broken. */
  readonly value: unknown;
  readonly mistakes: readonly Mistake[];
  /** Where the value at this path stands, or the nearest one around it: `mayfly.yaml:7`. */
  placeOf(path: readonly PropertyKey[]): string;
  /** The value at this path as it was written, for a mistake. */
  readAt(path: readonly PropertyKey[]): string;
}

/** Values reached by aliases; more than this can only be anchors that multiply. */
const MAX_COPIES = 100_000;

/** A value's own node, and the one by which it got to its place: an alias, or itself. */
interface Spot {
  readonly node: Node;
  readonly stands: Node;
}

interface Walk {
  readonly document: Document;
  readonly place: (node: Node | undefined) => string;
  readonly isNumber: (path: readonly PropertyKey[]) => boolean;
  readonly nodes: Map<string, Spot>;
  readonly mistakes: Mistake[];
  /** Nodes that are being walked: an alias to one of them would never end. */
  readonly open: Set<Node>;
  /** Aliases around the value that is being walked. */
  aliases: number;
  copies: number;
}

/**
 * Reads one YAML document.
 *
 * @param file - its name, for the mistakes
 * @param isNumber - whether a number is wanted at a path
 */
export function parseYamlTree(
  text: string,
  file: string,
  isNumber: (path: readonly PropertyKey[]) => boolean,
): YamlTree {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
  });
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  const place = (node: Node | undefined) => (node?.range ? at(node.range[0]) : file);
  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    place: at(error.pos[0]),
    read: lineOf(text, error.pos[0]),
    want: error.code === "MULTIPLE_DOCS" ? "one document" : `YAML: ${plainWords(error.message)}`,
  }));
  const walk: Walk = {
    document,
    place,
    isNumber,
    nodes: new Map(),
    mistakes: [...syntax],
    open: new Set(),
    aliases: 0,
    copies: 0,
  };
  const value = syntax.length > 0 ? undefined : readNode(document.contents ?? undefined, [], walk);
  const spotAt = (path: readonly PropertyKey[]) => walk.nodes.get(keyOf(path));
  return {
    value,
    mistakes: walk.mistakes,
    placeOf(path) {
      let length = path.length;
      while (length > 0 && spotAt(path.slice(0, length)) === undefined) length--;
      return place(spotAt(path.slice(0, length))?.stands);
    },
    readAt: (path) => describe(spotAt(path)?.node),
  };
}

function lineOf(text: string, offset: number): string {
  const end = text.indexOf("\n", offset);
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, end < 0 ? text.length : end).trim();
  return line === "" && text.slice(offset).trim() === "" ? "the end of the file" : quote(hostsAlone(line));
}

/** Addresses without what follows their host: nobody knows which key such a line was meant for. */
function hostsAlone(line: string): string {
  return line.replaceAll(/(:\/\/[^\s/?#'"]*[/?#])[^\s'"]+/g, "$1…");
}

function plainWords(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/ at line \d+, column \d+:?[\s\S]*$/, "");
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path);
}

function readNode(node: Node | undefined, path: readonly PropertyKey[], walk: Walk): unknown {
  const target = isAlias(node) ? node.resolve(walk.document) : node;
  if (node === undefined) return undefined;
  if (target === undefined)
    return refuse(walk, node, path, quote(String(node)), "an anchor that stands before it");
  if (walk.open.has(target))
    return refuse(walk, node, path, "an alias of something around it", "one of something else");
  if (walk.aliases > 0) walk.copies++;
  if (walk.copies > MAX_COPIES) return refuseRest(walk, node, path);
  walk.nodes.set(keyOf(path), { node: target, stands: node });
  walk.open.add(target);
  if (isAlias(node)) walk.aliases++;
  try {
    if (isMap(target)) return mapOf(target, path, walk);
    if (isSeq(target))
      return target.items.map((item, index) => readNode(item as Node, [...path, index], walk));
    return isScalar(target) ? scalarOf(target, path, walk) : undefined;
  } finally {
    walk.open.delete(target);
    if (isAlias(node)) walk.aliases--;
  }
}

/** Says once that there is too much, not for each of a million values. */
function refuseRest(walk: Walk, node: Node, path: readonly PropertyKey[]): undefined {
  if (walk.copies > MAX_COPIES + 1) return undefined;
  return refuse(walk, node, path, "anchors that multiply without end", "fewer of them");
}

function scalarOf(scalar: Scalar, path: readonly PropertyKey[], walk: Walk): unknown {
  const isNumeric = typeof scalar.value === "number" || typeof scalar.value === "bigint";
  return isNumeric && !walk.isNumber(path) ? (scalar.source ?? String(scalar.value)) : scalar.value;
}

/** The map as an object without a prototype, so that `__proto__` is a key like any other. */
function mapOf(map: YAMLMap, path: readonly PropertyKey[], walk: Walk): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null);
  const merged: Node[] = [];
  for (const pair of map.items as Pair<Node, Node>[]) {
    const key = keyText(pair.key);
    if (key === undefined) {
      refuse(walk, pair.key, path, describe(pair.key), "a plain word as a key");
    } else if (key === "<<") {
      merged.push(...mergeSources(pair.value ?? undefined, walk));
    } else if (key in result) {
      refuse(walk, pair.key, [...path, key], `the key ${quote(key)} for the second time`, "it once");
    } else {
      const value = readNode(pair.value ?? undefined, [...path, key], walk) ?? null;
      result[key] = value;
      // The place of an empty value is that of its key: it may have none, or the line after.
      const spot = walk.nodes.get(keyOf([...path, key]));
      if (value === null)
        walk.nodes.set(keyOf([...path, key]), { node: spot?.node ?? pair.key, stands: pair.key });
    }
  }
  for (const source of merged) mergeInto(result, source, path, walk);
  return result;
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
}

function mergeSources(value: Node | undefined, walk: Walk): Node[] {
  const target = isAlias(value) ? value.resolve(walk.document) : value;
  return isSeq(target) ? (target.items as Node[]) : value === undefined ? [] : [value];
}

/** A key that stands in the map itself wins, and so does the earlier one of two sources. */
function mergeInto(
  result: Record<string, unknown>,
  source: Node,
  path: readonly PropertyKey[],
  walk: Walk,
): void {
  const target = isAlias(source) ? source.resolve(walk.document) : source;
  if (!isMap(target)) {
    refuse(walk, source, [...path, "<<"], describe(target), "a map, or an alias of one");
    return;
  }
  const own = new Set(Object.keys(result));
  const scratch: Walk = { ...walk, nodes: new Map() };
  const merged = readNode(source, path, scratch);
  walk.copies = scratch.copies;
  for (const [key, value] of Object.entries(merged ?? {})) if (!own.has(key)) result[key] = value;
  for (const [key, spot] of scratch.nodes) {
    const first = (JSON.parse(key) as PropertyKey[])[path.length];
    if (first !== undefined && !own.has(String(first))) walk.nodes.set(key, spot);
  }
}

function refuse(walk: Walk, node: Node, path: readonly PropertyKey[], read: string, want: string): undefined {
  walk.mistakes.push({
    place: walk.place(node),
    ...(path.length === 0 ? {} : { key: formatPath(path) }),
    read,
    want,
  });
  return undefined;
}

function describe(node: unknown): string {
  if (isMap(node)) return "a map of keys";
  if (isSeq(node)) return node.items.length === 1 ? "a list of one" : `a list of ${node.items.length}`;
  if (!isScalar(node)) return "nothing";
  if (node.value === null) return "nothing";
  return quote(node.source ?? String(node.value));
}
