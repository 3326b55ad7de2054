/** `mayfly state set-aside`: puts a state that cannot be used out of the way. */

import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { setStateAside } from "../io/store/set-aside.ts";
import { StoreError } from "../io/store/store-error.ts";

/** @throws Error with the cure, while a server runs for instance */
export async function setAside(request: SettingsRequest, now: Date): Promise<string[]> {
  const { stateFolder } = await loadSettings(request);
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  try {
    const aside = await setStateAside(stateFolder, stamp);
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
