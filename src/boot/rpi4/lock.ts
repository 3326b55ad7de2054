/** `rpi4.lock.json`: what was downloaded and what was assembled, by hash, so that a change is noticed. */

/** Hashes are SHA-256 in lower-case hexadecimal. */
export interface Lock {
  /** Of files that were downloaded, by address. */
  readonly downloads: Readonly<Record<string, string>>;
  /** Of the files of the folder as it was assembled last, by place. */
  readonly files: Readonly<Record<string, string>>;
}

export const EMPTY_LOCK: Lock = { downloads: {}, files: {} };

/** @throws SyntaxError for what is no lock file */
export function parseLock(text: string): Lock {
  const read: unknown = JSON.parse(text);
  if (typeof read !== "object" || read === null) throw new SyntaxError("it is no object");
  const { downloads, files } = read as Record<string, unknown>;
  return { downloads: hashesOf(downloads, "downloads"), files: hashesOf(files, "files") };
}

function hashesOf(value: unknown, key: string): Record<string, string> {
  if (typeof value !== "object" || value === null) throw new SyntaxError(`'${key}' is no object`);
  const entries = Object.entries(value);
  const bad = entries.find(([, hash]) => typeof hash !== "string" || !isSha256(hash));
  if (bad !== undefined) throw new SyntaxError(`'${key}' has no SHA-256 for '${bad[0]}'`);
  return Object.fromEntries(entries);
}

/** The same text for the same content, with a line for each hash, fit for version control. */
export function formatLock({ downloads, files }: Lock): string {
  return `${JSON.stringify({ downloads: sorted(downloads), files: sorted(files) }, undefined, 2)}\n`;
}

function sorted(hashes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(hashes).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** What a download's hash means. */
export type HashVerdict =
  | { readonly type: "matches"; readonly by: "given" | "recorded" }
  /** Nothing is known about it: it is recorded, and the person compares. */
  | { readonly type: "first" }
  | { readonly type: "differs"; readonly reason: string };

/** @param given - by `--sha256`, and then it alone counts */
export function judgeHash(
  url: string,
  name: string,
  hash: string,
  { given, lock }: { readonly given: string | undefined; readonly lock: Lock },
): HashVerdict {
  const recorded = lock.downloads[url];
  const wanted = given ?? recorded;
  if (wanted === undefined) return { type: "first" };
  if (wanted === hash) return { type: "matches", by: given === undefined ? "recorded" : "given" };
  const source = given === undefined ? "when it was first downloaded it had" : "--sha256 wants";
  const cure =
    given === undefined
      ? `if you know that the new one is right, say --sha256 ${name}=${hash}`
      : "compare it with the release's page; the file was removed";
  return { type: "differs", reason: `${url} has the SHA-256 ${hash}, and ${source} ${wanted}; ${cure}` };
}
