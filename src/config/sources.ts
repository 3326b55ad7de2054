/** Flags and environment variables: which there are, and how their texts become values of the configuration. */

import { checkRaw } from "./check.ts";
import { likelyWord } from "./likely.ts";
import { type Mistake, quote } from "./mistake.ts";
import { NUMBER_KEYS, type RawConfig, type RawKey } from "./raw.ts";

/** A setting that has a flag and a variable beside its key. */
export interface Setting {
  readonly key: RawKey;
  /** As in `--http-port`. */
  readonly flag: string;
  /** As in `MAYFLY_HTTP_PORT`. */
  readonly variable: string;
  readonly takes: "text" | "texts" | "switch";
}

function setting(key: RawKey, name: string, takes: Setting["takes"] = "text"): Setting {
  const variable = `MAYFLY_${name.toUpperCase().replaceAll("-", "_")}`;
  return { key, flag: `--${name}`, variable, takes };
}

export const SETTINGS: readonly Setting[] = [
  setting("media", "media"),
  setting("state", "state"),
  setting("interfaces", "interface", "texts"),
  setting("httpPort", "http-port"),
  setting("tftpPort", "tftp-port"),
  setting("tftpSinglePort", "tftp-single-port", "switch"),
  setting("tftpBlockSize", "tftp-block-size"),
  setting("publicAddress", "public-address"),
  setting("dhcp", "dhcp"),
  setting("admin", "admin"),
  setting("unknown", "unknown"),
  setting("strict", "strict", "switch"),
  setting("ipxe", "ipxe", "texts"),
  setting("keepMinutes", "keep-minutes"),
  setting("logLevel", "log-level"),
];

/** Names the configuration file; not a key, since a file cannot name itself. */
export const CONFIG_FLAG = "--config";
export const CONFIG_VARIABLE = "MAYFLY_CONFIG";
/** A token for the commands that ask a running server; not a key, since a server has no use for it. */
export const TOKEN_VARIABLE = "MAYFLY_TOKEN";

/** Values as commander gives them, by key. */
export type Flags = Partial<Readonly<Record<RawKey, string | readonly string[] | boolean>>>;

export interface FromSource {
  readonly values: Partial<RawConfig>;
  readonly mistakes: readonly Mistake[];
}

/** Checks the flags. */
export function readFlags(flags: Flags): FromSource {
  return together(
    SETTINGS.map((each) => {
      const given = flags[each.key];
      return given === undefined ? NOTHING : checkOne(each, given, each.flag);
    }),
  );
}

/** Checks the variables; an empty one counts as absent, as it does for most programs. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): FromSource {
  const read = SETTINGS.map((each) => {
    const text = env[each.variable];
    if (text === undefined || text === "") return NOTHING;
    return checkOne(each, fromVariable(each, text), each.variable);
  });
  return together([...read, { values: {}, mistakes: misspelt(env) }]);
}

const NOTHING: FromSource = { values: {}, mistakes: [] };

function together(parts: readonly FromSource[]): FromSource {
  return {
    values: Object.assign({}, ...parts.map((part) => part.values)),
    mistakes: parts.flatMap((part) => part.mistakes),
  };
}

const SWITCH: ReadonlyMap<string, boolean> = new Map([
  ["1", true],
  ["true", true],
  ["yes", true],
  ["on", true],
  ["0", false],
  ["false", false],
  ["no", false],
  ["off", false],
]);

function fromVariable({ takes }: Setting, text: string): string | string[] | boolean {
  if (takes === "switch") return SWITCH.get(text.toLowerCase()) ?? text;
  if (takes === "text") return text;
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function checkOne({ key }: Setting, given: string | readonly string[] | boolean, place: string): FromSource {
  const isNumeric = NUMBER_KEYS.has(key) && typeof given === "string" && /^\d{1,9}$/.test(given.trim());
  const value = isNumeric ? Number(given) : given;
  const { config, mistakes } = checkRaw(
    { [key]: value },
    { placeOf: () => place, readAt: (path) => shown(given, path[1]), hasKeys: false },
  );
  return { values: config ?? {}, mistakes };
}

function shown(given: string | readonly string[] | boolean, index: PropertyKey | undefined): string {
  if (typeof given === "boolean" || typeof given === "string") return quote(String(given));
  return quote(typeof index === "number" ? (given[index] ?? "") : given.join(", "));
}

/** A variable of ours that is none is most likely one that will be missed. */
function misspelt(env: Readonly<Record<string, string | undefined>>): Mistake[] {
  const known = [...SETTINGS.map((each) => each.variable), CONFIG_VARIABLE, TOKEN_VARIABLE];
  const plain = known.map((name) => name.slice("MAYFLY_".length));
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith("MAYFLY_") || known.includes(name)) return [];
    const likely = likelyWord(name.slice("MAYFLY_".length), plain);
    return likely === undefined
      ? []
      : [{ place: name, read: `the variable ${quote(name)}`, want: `'MAYFLY_${likely}'` }];
  });
}
