/** Reads `config.txt`, by which a Raspberry Pi's boot firmware is set: its lines, and under which filters each stands. */

/** Bytes of a line that the firmware reads; what lies behind them is ignored. */
export const CONFIG_LINE_LIMIT = 98;

/**
 * A filter such as `[pi4]`. Those of one group replace each other, those of different groups hold together,
 * and `[all]` removes them all.
 */
export interface ConfigFilter {
  readonly group: FilterGroup;
  /** As written, without brackets, in lower case but for an EDID's name. */
  readonly text: string;
}

export type FilterGroup =
  | "model"
  | "none"
  | "serial"
  | "gpio"
  | "edid"
  | "hdmi"
  | "tryboot"
  | "partition"
  | "other";

/** A line that says something. */
export type ConfigLine = ConfigSetting | ConfigInclude;

export interface ConfigSetting {
  readonly type: "setting";
  /** Counted from 1. */
  readonly line: number;
  readonly key: string;
  /** Empty for `dtoverlay=`, which ends the overlay before it. */
  readonly value: string;
  readonly filters: readonly ConfigFilter[];
  /** Bytes that the firmware ignores, since the line is longer than it reads. */
  readonly ignoredBytes: number;
}

export interface ConfigInclude {
  readonly type: "include";
  readonly line: number;
  readonly file: string;
  readonly filters: readonly ConfigFilter[];
}

const SPACES = /^[ \t]+|[ \t]+$/g;

/**
 * Reads the text; any text is some `config.txt`, since the firmware skips what it does not know.
 *
 * @param filters - those that hold where the text begins: an included file stands under those of its `include`
 */
export function parseConfigTxt(text: string, filters: readonly ConfigFilter[] = []): ConfigLine[] {
  const lines: ConfigLine[] = [];
  let holding = filters;
  text.split(/\r\n|\n|\r/).forEach((raw, index) => {
    const ignoredBytes = raw.startsWith("#") ? 0 : Math.max(0, utf8Length(raw) - CONFIG_LINE_LIMIT);
    const read = (ignoredBytes === 0 ? raw : raw.slice(0, CONFIG_LINE_LIMIT)).replaceAll(SPACES, "");
    const filter = /^\[(.*)\]$/.exec(read)?.[1];
    if (filter !== undefined) holding = combine(holding, filter);
    else {
      const line = parseLine(read, index + 1, holding, ignoredBytes);
      if (line !== undefined) lines.push(line);
    }
  });
  return lines;
}

function parseLine(
  text: string,
  line: number,
  filters: readonly ConfigFilter[],
  ignoredBytes: number,
): ConfigLine | undefined {
  if (text === "" || text.startsWith("#")) return undefined;
  const include = /^include[ \t]+(.+)$/.exec(text)?.[1];
  if (include !== undefined) return { type: "include", line, file: include, filters };
  // `initramfs FILE ADDRESS` is the one setting without an equals sign.
  const initramfs = /^initramfs[ \t]+(.+)$/.exec(text)?.[1];
  if (initramfs !== undefined) {
    return { type: "setting", line, key: "initramfs", value: initramfs, filters, ignoredBytes };
  }
  const equals = text.indexOf("=");
  if (equals < 1) return undefined;
  return {
    type: "setting",
    line,
    key: text.slice(0, equals).replaceAll(SPACES, ""),
    value: text.slice(equals + 1).replaceAll(SPACES, ""),
    filters,
    ignoredBytes,
  };
}

function combine(holding: readonly ConfigFilter[], written: string): ConfigFilter[] {
  const text = /^edid=/i.test(written) ? written : written.toLowerCase();
  if (text === "all") return [];
  const group = groupOf(text);
  return [...holding.filter((each) => each.group !== group), { group, text }];
}

const GROUPS: readonly (readonly [RegExp, FilterGroup])[] = [
  [/^none$/, "none"],
  [/^(pi|cm)\d/, "model"],
  [/^board-type=/, "model"],
  [/^0x[0-9a-f]+$/, "serial"],
  [/^gpio\d+=/, "gpio"],
  [/^edid=/i, "edid"],
  [/^hdmi:/, "hdmi"],
  [/^tryboot$/, "tryboot"],
  [/^(boot_)?partition[=<>&]/, "partition"],
];

function groupOf(text: string): FilterGroup {
  return GROUPS.find(([pattern]) => pattern.test(text))?.[1] ?? "other";
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
