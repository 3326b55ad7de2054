/** Which names in an archive are taken for files of an image: those that stay in it, whatever they say. */

/** Longer ones are no image's. */
const MAX_NAME_LENGTH = 512;
const MAX_DEPTH = 8;

/**
 * Reads the name of an entry.
 *
 * @returns the relative path, without `.` and doubled slashes (empty for the folder itself); `undefined`
 * for one that leads out of the folder that it is unpacked in, or that no file of an image has
 */
export function archiveName(name: string): string | undefined {
  if (name.length > MAX_NAME_LENGTH || name.startsWith("/") || /[\\\p{Cc}]/u.test(name)) return undefined;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || parts.length > MAX_DEPTH) return undefined;
  return parts.join("/");
}

/**
 * Whether a link is one that an image may have: `init` tells the machine where its system is, and leads
 * to nowhere else that matters. No other link is unpacked.
 */
export function isInitLink(name: string, target: string): boolean {
  return (
    name.split("/").at(-1) === "init" &&
    /^\/nix\/store\/[^/]+\/[^\0]*$/.test(target) &&
    !/(^|\/)\.\.(\/|$)/.test(target)
  );
}
