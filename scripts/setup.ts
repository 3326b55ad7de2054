/** Sets a machine up: `setup.ts serve` for serving (boot programs), `setup.ts lab` for trying and testing. */

import { copyFile, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBootPrograms } from "../src/io/boot-programs.ts";
import { openArchive } from "../src/io/system/debian-archive.ts";
import { ensurePackages, isDebian, type PackageOutcome } from "../src/io/system/packages.ts";
import { ensureLabFiles, LAB_PACKAGES } from "../src/lab/files.ts";

function say(line: string): void {
  console.log(`setup: ${line}`);
}

/** Says what is to be done by hand; gives whether nothing is. */
function report(outcome: PackageOutcome): boolean {
  if (outcome.type !== "manual") return true;
  say(`${outcome.reason}; these packages are missing: ${outcome.packages.join(" ")}`);
  if (outcome.command !== "") say(`run: ${outcome.command}`);
  return false;
}

async function setUpLab(): Promise<boolean> {
  const installed = report(await ensurePackages(LAB_PACKAGES, say));
  const files = await ensureLabFiles(say);
  say(`kernels ${files.amd64.version} and ${files.arm64.version}`);
  say(`iPXE in ${files.ipxe121} and ${files.ipxe200}`);
  return installed;
}

/** Debian 12's package has no program for arm64; a Raspberry Pi 4 by UEFI needs one. */
async function setUpServing(): Promise<boolean> {
  const installed = report(await ensurePackages(["ipxe"], say));
  const ownFolder = fileURLToPath(new URL("../boot-media/ipxe", import.meta.url));
  const places = { ownFolder, ipxeFolders: [] };
  const before = await findBootPrograms(places);
  if (isDebian() && !before.programs.some((each) => each.kind === "efi-arm64")) {
    await fetchArm64(ownFolder);
  }
  const { programs, notices } = await findBootPrograms(places);
  for (const { name, path } of programs) say(`${name} is ${path}`);
  for (const { text, cure } of notices) say(cure === undefined ? text : `${text}; ${cure}`);
  return installed;
}

async function fetchArm64(folder: string): Promise<void> {
  say("fetching ipxe-arm64.efi of Debian 13");
  const work = await mkdtemp(join(tmpdir(), "mayfly-setup-"));
  try {
    const archive = await openArchive(join(work, "apt"), [{ suite: "trixie", architectures: ["amd64"] }]);
    await archive.unpack("ipxe", join(work, "ipxe"));
    await mkdir(folder, { recursive: true });
    // A server that runs must never see half of it.
    const half = join(folder, `.ipxe-arm64.${process.pid}`);
    await copyFile(join(work, "ipxe/usr/lib/ipxe/ipxe-arm64.efi"), half);
    await rename(half, join(folder, "ipxe-arm64.efi"));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const USAGE = `usage: node scripts/setup.ts serve|lab [--if-possible]
  serve            boot programs, so that machines can boot
  lab              emulators, firmware, kernels and clients, for 'mayfly try' and the tests
  --if-possible    end with 0 even if something is left to do by hand`;

async function main(target: string | undefined): Promise<boolean> {
  switch (target) {
    case "serve":
      return setUpServing();
    case "lab":
      return setUpLab();
    default:
      console.log(USAGE);
      return false;
  }
}

const isTolerant = process.argv.includes("--if-possible");
try {
  process.exitCode = (await main(process.argv[2])) || isTolerant ? 0 : 1;
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = isTolerant ? 0 : 1;
}
