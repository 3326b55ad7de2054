/** `mayfly state set-aside`: puts a state that cannot be used out of the way. */

import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { setStateAside } from "../io/store/set-aside.ts";
import { StoreError } from "../io/store/store-error.ts";
import { present } from "../web/present.ts";

/**
 * @param json - for programs: `aside` is the new name of the database, absent where there was none
 * @throws Error with the cure, while a server runs for instance
 */
export async function setAside(request: SettingsRequest, now: Date, json = false): Promise<string[]> {
  const { stateFolder } = await loadSettings(request);
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  try {
    const aside = await setStateAside(stateFolder, stamp);
    if (json) return [JSON.stringify({ stateFolder, ...present({ aside }) }, undefined, 2)];
    if (aside === undefined) return [`There is nothing in ${stateFolder}: the server begins anew anyway.`];
    return [
      `The state is ${aside} now; the next start begins with an empty one.`,
      "To have it back: stop the server and give the files their names again.",
    ];
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new Error(`${error.message}; ${error.cure}`, { cause: error });
  }
}
