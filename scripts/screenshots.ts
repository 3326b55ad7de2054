/**
 * Makes the pictures of the dashboard in docs/dashboard/: a rack of hosts as they are after weeks, of which some
 * boot now, on a phone, a laptop and a wall, in light and dark.
 *
 * Usage: npx node scripts/screenshots.ts [FOLDER]
 */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startBrowser } from "../test/support/browser.ts";
import { startRack } from "../test/support/rack.ts";

const FOLDER = process.argv[2] ?? join(import.meta.dirname, "../docs/dashboard");
const HOSTS = 36;
const BOOTS = 40;
const BYTES_PER_SECOND = 9_000_000;
const SIZES = { phone: [400, 860], laptop: [1280, 800], wall: [1920, 1080] } as const;

/** What is taken: the page, and at which sizes. */
const SHOTS = [
  { name: "hosts", path: "", sizes: ["phone", "laptop", "wall"] },
  { name: "host", path: "hosts/node-28", sizes: ["phone", "laptop"] },
  { name: "boot", path: "boots", sizes: ["phone", "laptop"], open: "node-05" },
  { name: "failed", path: "boots?who=node-03", sizes: ["laptop"], open: "node-03" },
] as const;

const scratch = await mkdtemp(join(tmpdir(), "mayfly-screenshots-"));
const rack = await startRack({ hosts: HOSTS, bootsOfEach: BOOTS });
const browser = await startBrowser({ command: (argv) => [...argv] }, scratch);
try {
  await mkdir(FOLDER, { recursive: true });
  const base = `http://127.0.0.1:${rack.rig.app.served.admin?.port}/`;
  // They are cut off at the end.
  for (const number of [5, 12, 13]) void rack.boot(number, BYTES_PER_SECOND).catch(() => {});
  for (const { name, path, sizes, ...more } of SHOTS) {
    for (const size of sizes) {
      const [width, height] = SIZES[size];
      for (const colorScheme of ["light", "dark"] as const) {
        const page = await browser.newPage({ viewport: { width, height }, colorScheme });
        await page.goto(base + path);
        await settled(page, "open" in more ? more.open : undefined);
        await page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`) });
        await page.close();
      }
    }
  }
} finally {
  await browser.close();
  await rack.rig.stop();
  await rm(scratch, { recursive: true });
}
process.exit();

/** Waits until everything is shown that it has asked for, and follows the link to the last boot of a host. */
async function settled(page: Page, open: string | undefined): Promise<void> {
  await page.locator("main h1, main table").first().waitFor();
  if (open !== undefined) await page.getByRole("link", { name: open }).first().click();
  await page.waitForLoadState("load");
  await page.getByText("Live", { exact: true }).waitFor();
  await page.waitForFunction("!document.querySelector('.waiting')");
}
