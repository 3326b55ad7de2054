/** Sets a machine up: `setup.ts serve` for serving (boot programs), `setup.ts lab` for trying and testing. */

import { ensurePackages, type PackageOutcome } from "../src/io/packages.ts";
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

async function main(target: string | undefined): Promise<boolean> {
  switch (target) {
    case "lab":
      return setUpLab();
    default:
      say("usage: node scripts/setup.ts lab");
      return false;
  }
}

try {
  process.exitCode = (await main(process.argv[2])) ? 0 : 1;
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
