/** What a `config.txt` comes to on one board: its settings in order, with what it includes. */

import { type ConfigFilter, type ConfigLine, parseConfigTxt } from "../../wire/rpi/config-txt.ts";
import { type Board, type Holds, holdsOn } from "./board.ts";
import { decodeText } from "./file-kind.ts";

/** The files of a boot folder, by their place in it: `overlays/miniuart-bt.dtbo`. */
export type Tree = ReadonlyMap<string, Uint8Array>;

/** A setting that counts on the board, or may count. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly holds: Exclude<Holds, "no">;
  /** `config.txt:7`. */
  readonly where: string;
  readonly ignoredBytes: number;
}

export interface BoardSettings {
  /** In the order in which the firmware reads them. */
  readonly settings: readonly Setting[];
  /** Files that are included and not there, each with where. */
  readonly missing: readonly { readonly file: string; readonly where: string }[];
}

export const CONFIG = "config.txt";
/** Files that include each other would go on for ever. */
const MAX_DEPTH = 8;

/** Reads `config.txt` and what it includes, as the board does. */
export function boardSettings(tree: Tree, board: Board): BoardSettings {
  const settings: Setting[] = [];
  const missing: { file: string; where: string }[] = [];
  const take = (file: string, filters: readonly ConfigFilter[], depth: number, from: string): void => {
    const bytes = tree.get(file);
    if (bytes === undefined) {
      if (depth > 0) missing.push({ file, where: from });
      return;
    }
    for (const line of parseConfigTxt(decodeText(bytes), filters)) {
      const holds = holdsOn(line.filters, board);
      if (holds === "no") continue;
      const where = `${file}:${line.line}`;
      if (line.type === "include") {
        if (depth < MAX_DEPTH) take(line.file, line.filters, depth + 1, where);
      } else settings.push(settingOf(line, holds, where));
    }
  };
  take(CONFIG, [], 0, CONFIG);
  return { settings, missing };
}

function settingOf(
  { key, value, ignoredBytes }: Extract<ConfigLine, { type: "setting" }>,
  holds: Setting["holds"],
  where: string,
): Setting {
  return { key, value, holds, where, ignoredBytes };
}

/** The setting that counts: the last one that holds for certain. */
export function lastSetting(settings: readonly Setting[], key: string): Setting | undefined {
  return settings.findLast((each) => each.key === key && each.holds === "yes");
}

/** A number as the firmware reads it, in decimal or with 0x; `undefined` for what is none. */
export function numberOf(setting: Setting | undefined): number | undefined {
  if (setting === undefined || !/^(0x[0-9a-f]+|\d+)$/i.test(setting.value)) return undefined;
  return Number(setting.value);
}
