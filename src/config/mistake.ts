/** A mistake of the operator's in words, and the error that carries all of them at once. */

import { withoutLogin } from "../boot/without-login.ts";

/** One mistake: where it stands, what was read there, and what is wanted instead. */
export interface Mistake {
  /** `mayfly.yaml:7`, a variable's name, or a flag. */
  readonly place: string;
  /** The key's path, as in `hosts.beta.macs[0]`; absent where the place says it all. */
  readonly key?: string;
  readonly read: string;
  readonly want: string;
}

/** What the operator wrote cannot be used. Nothing of it was applied. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** At least one, in the order in which they stand. */
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super(formatMistakes(mistakes));
    this.mistakes = mistakes;
  }
}

/** One line: `mayfly.yaml:7: hosts.beta.macs[0]: read 'zz', want …`. */
export function formatMistake({ place, key, read, want }: Mistake): string {
  return `${place}: ${key === undefined ? "" : `${key}: `}read ${read}, want ${want}`;
}

/** All of them, a line each, under a headline. */
export function formatMistakes(mistakes: readonly Mistake[]): string {
  const count = mistakes.length === 1 ? "one mistake" : `${mistakes.length} mistakes`;
  return [`${count}:`, ...mistakes.map((each) => `  ${formatMistake(each)}`)].join("\n");
}

/** A key path as people write it: `hosts.beta.macs[0]`, with quotes around a key that needs them. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = String(part);
    const shown = /^[\w-]+$/.test(name) ? name : `'${name}'`;
    return text === "" ? shown : `${text}.${shown}`;
  }, "");
}

const SHOWN_CHARS = 60;

/** A value as it was written, in quotes, shortened where it is long; without a login that stands in an address. */
export function quote(text: string): string {
  const line = withoutLogin(text).replaceAll(/\s+/g, " ");
  return `'${line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS)}…` : line}'`;
}
