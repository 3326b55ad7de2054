/**
 * Takes packages from other releases and architectures of Debian than the machine's own.
 *
 * They are unpacked, never installed: apt works with a state of its own in a private folder and
 * with the mirror that the machine itself uses, so nothing of the system changes and no rights are needed.
 */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AptSource, debianMirror, parseDeb822, parseSourcesList } from "./apt-sources.ts";
import { isDebian } from "./packages.ts";
import { runTool } from "./run-tool.ts";

export interface ArchiveSuite {
  /** As in `bookworm`, `trixie`, `unstable`. */
  readonly suite: string;
  readonly architectures: readonly ("amd64" | "arm64")[];
}

/** Packages of Debian that are within reach; made by {@link openArchive}. */
export interface Archive {
  /** The package that a meta package stands for: the first of its dependencies whose name matches. */
  dependency(name: string, matching: RegExp): Promise<string>;
  /** The names of all packages that one needs on a machine that has none, with itself. */
  closure(name: string): Promise<string[]>;
  /** Downloads a package, as apt spells it (`ipxe/trixie`, `busybox-static:arm64`), and unpacks it into `folder`. */
  unpack(name: string, folder: string): Promise<void>;
}

/**
 * Reads the package lists of these suites into `folder`, about 10 MB for each suite and architecture.
 *
 * A name without a suite means the first one of `suites`.
 *
 * @throws Error where this is no Debian, or its mirror cannot be reached
 */
export async function openArchive(
  folder: string,
  suites: readonly [ArchiveSuite, ...ArchiveSuite[]],
): Promise<Archive> {
  const mirror = await findMirror();
  const options = await aptOptions(folder, mirror, suites);
  await runTool("apt-get", [...options, "update"]);
  return {
    async dependency(name, matching) {
      const shown = await runTool("apt-cache", [...options, "--no-all-versions", "show", name]);
      const depends = /^Depends: (.*)$/m.exec(shown)?.[1] ?? "";
      const found = depends
        .split(",")
        .map((each) => each.trim().split(" ")[0] ?? "")
        .find((each) => matching.test(each));
      if (found === undefined) throw new Error(`the package ${name} depends on none like ${matching}`);
      return found;
    },
    async closure(name) {
      const wanted = ["--print-uris", "-qq", "-y", "--no-install-recommends", "install", name];
      const uris = await runTool("apt-get", [...options, ...wanted]);
      return [...uris.matchAll(/^'[^']*' ([^_\s]+)_/gm)].map(([, each = ""]) => each);
    },
    async unpack(name, into) {
      const debs = join(folder, "debs", name.replaceAll(/[^\w.-]/g, "_"));
      await mkdir(debs, { recursive: true });
      await runTool("apt-get", [...options, "download", name], { cwd: debs });
      const deb = (await readdir(debs)).find((each) => each.endsWith(".deb"));
      if (deb === undefined) throw new Error(`apt-get download ${name} left no package`);
      await mkdir(into, { recursive: true });
      await runTool("dpkg-deb", ["-x", join(debs, deb), into]);
    },
  };
}

async function findMirror(): Promise<AptSource> {
  if (!isDebian()) throw new Error("this is no Debian: there is no apt to take packages with");
  const codename = /^VERSION_CODENAME=(\S+)/m.exec(await readFile("/etc/os-release", "utf8"))?.[1];
  const mirror = debianMirror(await machineSources(), codename);
  if (mirror === undefined) {
    throw new Error(
      `no source in /etc/apt has the suite ${codename ?? "of this machine"} with the component main`,
    );
  }
  return mirror;
}

async function machineSources(): Promise<AptSource[]> {
  const folder = "/etc/apt/sources.list.d";
  const names = await readdir(folder).catch(() => []);
  const paths = ["/etc/apt/sources.list", ...names.sort().map((name) => join(folder, name))];
  const sources: AptSource[] = [];
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (path.endsWith(".sources")) sources.push(...parseDeb822(text));
    else if (path.endsWith(".list")) sources.push(...parseSourcesList(text));
  }
  return sources;
}

/** What makes apt leave the system's own state alone. Its network settings still come from `/etc/apt/apt.conf.d`. */
async function aptOptions(
  folder: string,
  mirror: AptSource,
  suites: readonly [ArchiveSuite, ...ArchiveSuite[]],
): Promise<string[]> {
  await mkdir(join(folder, "state", "lists", "partial"), { recursive: true });
  await mkdir(join(folder, "cache", "archives", "partial"), { recursive: true });
  await writeFile(join(folder, "status"), "");
  const signedBy = mirror.signedBy ?? "/usr/share/keyrings/debian-archive-keyring.gpg";
  const lines = suites.map(
    ({ suite, architectures }) =>
      `deb [signed-by=${signedBy} arch=${architectures.join(",")}] ${mirror.uri} ${suite} main\n`,
  );
  await writeFile(join(folder, "sources.list"), lines.join(""));
  const architectures = new Set(suites.flatMap((each) => each.architectures));
  const settings = [
    `Dir::Etc::sourcelist=${join(folder, "sources.list")}`,
    "Dir::Etc::sourceparts=-",
    `Dir::State=${join(folder, "state")}`,
    `Dir::State::status=${join(folder, "status")}`,
    `Dir::Cache=${join(folder, "cache")}`,
    // Container images turn these off, and then each call reads all the lists again.
    "Dir::Cache::pkgcache=pkgcache.bin",
    "Dir::Cache::srcpkgcache=srcpkgcache.bin",
    // The folders belong to whoever runs this, and the user _apt may not write there.
    `APT::Sandbox::User=${process.getuid?.() === 0 ? "root" : ""}`,
    "Acquire::Languages=none",
    "APT::Get::List-Cleanup=0",
    `APT::Default-Release=${suites[0].suite}`,
    `APT::Architecture=${[...architectures][0]}`,
    ...[...architectures].map((each) => `APT::Architectures::=${each}`),
  ];
  return settings.flatMap((setting) => ["-o", setting]);
}
