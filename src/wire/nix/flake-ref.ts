/**
 * References to flakes as people write them, and which repository of which forge they name.
 *
 * @see nix src/nix/flake.md (flake references), RFC 3986
 */

/** A flake and one of its outputs: what `nix build` takes. */
export interface Installable {
  /** Without what follows `#`. */
  readonly flake: string;
  /** What follows it: `beta`, `nixosConfigurations.beta.config.system.build.kexecTree`. */
  readonly attribute?: string;
}

/** A repository on a forge, however one reaches it. */
export interface Repository {
  /** In lower case: `github.com`. */
  readonly host: string;
  /** In lower case, without `.git` and outer slashes: `ponkila/homestaking-infra`. */
  readonly path: string;
}

/** What a flake reference says of where it is from. */
export interface FlakeSource extends Repository {
  /** The branch or tag that it names; absent: the repository's default branch. */
  readonly ref?: string;
  /** It names one commit, and is never another. */
  readonly isPinned: boolean;
}

/** The forges that nix has a word for. */
const FORGES: Readonly<Record<string, string>> = {
  github: "github.com",
  gitlab: "gitlab.com",
  sourcehut: "git.sr.ht",
};

const COMMIT = /^[0-9a-f]{40}$/;
/** What a URL, a path or a name in nix's registry may have; spaces and quotes are slips. */
const SCHEME =
  /^(?:github|gitlab|sourcehut):[^\s/]+\/\S+$|^(?:path|flake):\S+$|^(?:git|hg|tarball|file)\+(?:https?|ssh|file):\S+$|^(?:git|https?|tarball|file):\S+$/;
const PATH = /^(?:\/|\.{1,2}(?:\/|\?|$))\S*$/;
const ATTRIBUTE = /^[A-Za-z0-9_.'"^*,@/+-]+$/;

/** Splits `FLAKE#ATTRIBUTE`; `undefined` for what nix would not take, or would take for an option. */
export function parseInstallable(text: string): Installable | undefined {
  const [flake = "", attribute, ...more] = text.split("#");
  if (more.length > 0 || !(SCHEME.test(flake) || PATH.test(flake))) return undefined;
  if (attribute === undefined || attribute === "") return { flake };
  return ATTRIBUTE.test(attribute) ? { flake, attribute } : undefined;
}

/** The inverse of {@link parseInstallable}. */
export function formatInstallable({ flake, attribute }: Installable): string {
  return attribute === undefined ? flake : `${flake}#${attribute}`;
}

/** A path in a flake reference: what stands before and after it, for who wants another one there. */
export interface FlakePath {
  readonly prefix: string;
  readonly path: string;
  readonly suffix: string;
}

/** The path of a flake that lies on a disk: `path:./infra`, `../infra?dir=x`; `undefined` for all others. */
export function parseFlakePath(flake: string): FlakePath | undefined {
  const [, prefix = "", path, suffix = ""] = /^(path:(?:\/\/)?)?([^?]*)(\?.*)?$/.exec(flake) ?? [];
  if (path === undefined || path === "" || (prefix === "" && !PATH.test(flake))) return undefined;
  return { prefix, path, suffix };
}

/**
 * The repository that a flake reference names.
 *
 * @returns `undefined` for what no forge has: a path, a tarball, a name in nix's registry
 */
export function parseFlakeSource(flake: string): FlakeSource | undefined {
  const [address = "", queryText = ""] = flake.split("?");
  const query = parseParameters(queryText);
  const [, forge = "", rest = ""] = /^(github|gitlab|sourcehut):(.*)$/.exec(address) ?? [];
  if (forge !== "") {
    const [owner = "", name = "", ...refParts] = rest.split("/").map(decode);
    const ref = query.get("ref") ?? (refParts.length === 0 ? undefined : refParts.join("/"));
    const host = query.get("host") ?? FORGES[forge] ?? "";
    return source(host, `${owner}/${name}`, ref, query);
  }
  const remote = /^(?:git|hg)(?:\+(?:https?|ssh))?:(.*)$/.exec(address)?.[1];
  const repository = remote === undefined ? undefined : parseRepository(`git:${remote}`);
  return repository && source(repository.host, repository.path, query.get("ref"), query);
}

function source(
  host: string,
  path: string,
  ref: string | undefined,
  query: ReadonlyMap<string, string>,
): FlakeSource {
  const isPinned = query.has("rev") || (ref !== undefined && COMMIT.test(ref));
  const branch = ref?.replace(/^refs\/(?:heads|tags)\//, "");
  return {
    ...{ host: host.toLowerCase(), path: normalPath(path), isPinned },
    ...(branch === undefined || isPinned || branch === "HEAD" ? {} : { ref: branch }),
  };
}

/** Reads a repository's address: a URL of any scheme, or `git@HOST:PATH`. */
export function parseRepository(url: string): Repository | undefined {
  const byUrl = /^[a-z+]+:\/\/(?:[^/@]*@)?(\[[0-9a-f:]+\]|[^/:@]+)(?::\d+)?\/(.+)$/i.exec(url);
  const match = byUrl ?? /^(?:[^/@\s]+@)([^/:@\s]+):(?!\/\/)(.+)$/.exec(url);
  const [, host, path] = match ?? [];
  if (host === undefined || path === undefined) return undefined;
  return { host: host.toLowerCase(), path: normalPath(decode(path.replace(/[?#].*$/, ""))) };
}

function normalPath(path: string): string {
  return path
    .toLowerCase()
    .replace(/^\/+|\/+$/g, "")
    .replace(/\.git$/, "");
}

function parseParameters(query: string): ReadonlyMap<string, string> {
  const pairs = query.split("&").filter((pair) => pair !== "");
  return new Map(
    pairs.map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [decode(name), decode(value.join("="))] as const;
    }),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
