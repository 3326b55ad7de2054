/** `mayfly rpi4 check`: says what is wrong with a Raspberry Pi 4's boot folder. */

import { join, resolve } from "node:path";
import { formatFinding } from "../boot/rpi4/finding.ts";
import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { checkTree } from "../io/rpi4/check-tree.ts";
import { PartError } from "../io/rpi4/part-error.ts";

export interface CheckTreeRequest {
  readonly settings: SettingsRequest;
  /** Absent: `rpi4` of the media folder. */
  readonly folder?: string;
  readonly json: boolean;
  readonly print: (text: string) => void;
}

/** @throws PartError if a Pi would not boot from it */
export async function checkRpi4({ settings, folder, json, print }: CheckTreeRequest): Promise<void> {
  const { mediaFolder } = await loadSettings(settings);
  const place = folder === undefined ? join(mediaFolder, "rpi4") : resolve(settings.cwd, folder);
  const findings = await checkTree(place);
  const errors = findings.filter(({ level }) => level === "error").length;
  if (json) print(JSON.stringify({ folder: place, findings }, undefined, 2));
  else
    print(
      [...findings.map(formatFinding), ...(errors === 0 ? [`${place}: a Pi 4 can boot from it`] : [])].join(
        "\n",
      ),
    );
  if (errors === 0) return;
  throw new PartError(
    `${place}: a Pi 4 would not boot from it: ${errors === 1 ? "one error" : `${errors} errors`}`,
  );
}
