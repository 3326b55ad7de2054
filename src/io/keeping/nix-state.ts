/** Where nix keeps the state of a store, by which names it knows the store's paths, and whom it takes for a root. */

import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { encodeNixBase32 } from "../../wire/nix/base32.ts";

/** The variables that tell nix where its store is, as the server was started with them. */
export type NixEnvironment = Readonly<Record<string, string | undefined>>;

const DEFAULT_STORE = "/nix/store";
const DEFAULT_STATE = "/nix/var/nix";

/**
 * The folder with the state of a store: `gcroots`, `db` and `gc-socket` are in it.
 *
 * `NIX_STATE_DIR` tells it of the store that nix would use here. Any other store is one that nix was
 * given by `--store ROOT`, and has its state beside it.
 *
 * @param store - as it lies here: `/nix/store`, `ROOT/nix/store`
 * @returns `undefined` where there is none: the store was copied here, or is another machine's
 */
export function nixStateOf(store: string, env: NixEnvironment): string | undefined {
  const beside = join(dirname(store), "var", "nix");
  const named = store === (env.NIX_STORE_DIR || DEFAULT_STORE) ? env.NIX_STATE_DIR || undefined : undefined;
  const candidates = [named, beside, ...(store === DEFAULT_STORE ? [DEFAULT_STATE] : [])];
  return candidates.find((each) => each !== undefined && isNixState(each));
}

/** A state folder that no nix ever used has neither. */
function isNixState(folder: string): boolean {
  return ["gcroots", "db"].some((name) => statSync(join(folder, name), { throwIfNoEntry: false }));
}

/**
 * The names by which the collector may know a store path.
 *
 * One that works on a store below another root (`--store ROOT`) knows its paths as they are once that
 * root is `/`; so does one whose `/nix` is a link. A link to a name that it does not know is nothing to it.
 */
export function nixNamesOf(store: string, name: string, env: NixEnvironment): readonly string[] {
  const isOwn = store === (env.NIX_STORE_DIR || DEFAULT_STORE) || !store.endsWith(DEFAULT_STORE);
  return (isOwn ? [store] : [store, DEFAULT_STORE]).map((each) => join(each, name));
}

/**
 * Where nix looks for the root that a link elsewhere is.
 *
 * @param link - the absolute path of the link, without `.` and `..`
 */
export function indirectRootOf(state: string, link: string): string {
  const digest = createHash("sha1").update(link).digest();
  return join(state, "gcroots", "auto", encodeNixBase32(digest));
}

/**
 * Whether the collector of this state may be unable to see a link of ours: it is run by the owner of the
 * state, who is not root, and our folder is for its own owner only.
 */
export function isHiddenFrom(state: string, folder: string): boolean {
  const [collector, ours] = [statSync(state), statSync(folder)];
  const isOthers = collector.uid !== 0 && collector.uid !== ours.uid;
  return isOthers && (ours.mode & 0o001) === 0;
}
