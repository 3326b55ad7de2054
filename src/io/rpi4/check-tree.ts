/** Looks at a Raspberry Pi's boot folder on disk, and says what is wrong with it. */

import type { Finding } from "../../boot/rpi4/finding.ts";
import { lintTree } from "../../boot/rpi4/lint.ts";
import type { Lock } from "../../boot/rpi4/lock.ts";
import type { Tree } from "../../boot/rpi4/settings.ts";
import { sha256Of } from "./download.ts";
import { readLock } from "./lock-file.ts";
import { readTree } from "./read-part.ts";

/**
 * Runs every lint, and compares the files with what `assemble` wrote where it did.
 *
 * @throws PartError where there is no such folder
 */
export async function checkTree(folder: string): Promise<Finding[]> {
  const tree = await readTree(folder);
  return [...lintTree(tree), ...changedFiles(tree, await readLock(folder))];
}

/** Settings are there to be edited; a firmware file that changed was mixed up or damaged. */
function changedFiles(tree: Tree, { files }: Lock): Finding[] {
  return Object.entries(files).flatMap(([place, hash]): Finding[] => {
    const bytes = tree.get(place);
    if (bytes === undefined || place.endsWith(".txt") || sha256Of(bytes) === hash) return [];
    const text = "it is not the file that was assembled";
    return [
      {
        code: "changed-file",
        level: "warning",
        place,
        text,
        cure: "assemble the folder anew, unless you meant it",
      },
    ];
  });
}
