/** The dashboard in a real browser, while real machines boot from the server that it shows. */

import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, type TestImage, waitForBoot } from "../support/boot-images.ts";
import { openPage, startBrowser, violations, type WatchedPage } from "../support/browser.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const BASE = "http://127.0.0.1:8081/";
const BETA = "52:54:00:77:2d:01";
const DELTA = "52:54:00:77:2d:03";
const TALKATIVE = "52:54:00:77:2d:04";
const STRANGER = "52:54:00:77:2d:02";
const WITHIN_MS = 120_000;
/** What a page may take to show what it was told. */
const SHOWN_MS = 30_000;
/** What it may take to show what it asks for as soon as it is connected again. */
const BACK_MS = 5000;
/** More than a browser has connections to one server. */
const TABS = 8;
/** After which a tab that nobody sees gives its connection up. */
const HIDDEN_MS = 6000;

/** As small as phones are. */
const NARROW = { width: 360, height: 780 };

/** Slow enough that its large files are seen on their way. */
const CONFIG = `unknown: hold
syslog: true
hosts:
  beta: { macs: ["${BETA}"], maxMegabytesPerSecond: 4 }
  delta: { macs: ["${DELTA}"] }
`;
const NIXOS = "26.05.20260101.abcdef";
/** As the parameters of a NixOS have it; what boots here takes no notice. */
const INIT = `init=/nix/store/${"a".repeat(32)}-nixos-system-beta-${NIXOS}/init`;
/** Longer than the page waits for a sign of life. */
const SILENT_MS = 26_000;

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "nft", "qemu-system-x86_64", "chromium"))(
  "a person who watches the dashboard",
  () => {
    let folder = "";
    let lan: Lan;
    let server: Program | undefined;
    let browser: Browser;
    let watched: WatchedPage;
    let images: readonly TestImage[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-dashboard-"));
      images = [
        await makeImage(folder, "x64", "beta-1", { padMb: 12, kernelParams: INIT }),
        await makeImage(folder, "x64", "beta-2"),
      ];
      lan = await createLan();
      await serve({
        beta: images[0]?.folder ?? "",
        gamma: images[1]?.folder ?? "",
        delta: images[1]?.folder ?? "",
      });
      browser = await startBrowser(lan.server, folder);
      watched = await openPage(browser, BASE);
    });
    afterEach(() => {
      // It fetches nothing from elsewhere, and breaks none of its own rules.
      expect(watched.faults()).toEqual([]);
    });
    afterAll(async () => {
      await browser?.close();
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function serve(hosts: Readonly<Record<string, string>> = {}): Promise<void> {
      server = await startMayfly(lan, { folder, config: CONFIG, hosts });
    }

    test("sees the stages of a boot as they happen, the bytes of what is fetched, and how it went", async () => {
      const { page } = watched;
      await row(page, "beta").getByText("Not booted yet").waitFor({ timeout: SHOWN_MS });
      await remember(page, "beta");
      const machine = await startMachine(lan, { firmware: "bios", mac: BETA });
      try {
        await row(page, "beta").getByText("Booting").first().waitFor({ timeout: WITHIN_MS });
        await row(page, "beta").locator("progress").waitFor({ timeout: WITHIN_MS });
        expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("beta-1");
      } finally {
        await machine.stop();
      }
      await row(page, "beta").getByText("Up", { exact: true }).waitFor({ timeout: SHOWN_MS });
      const seen = (await remembered(page)).join("\n");
      expect(seen).toMatch(/Kernel \d+ % of.*Initrd \d+ % of.*\/s/s);
      const parts = [...seen.matchAll(/Initrd (\d+) %/g)].map(([, part]) => Number(part));
      expect(new Set(parts).size).toBeGreaterThan(2);
      expect(parts).toEqual(parts.toSorted((a, b) => a - b));

      await row(page, "beta").locator(".runs").getByText(NIXOS).waitFor({ timeout: SHOWN_MS });
      await row(page, "beta")
        .getByRole("link", { name: /ago|now/ })
        .click();
      await page.getByRole("heading", { name: "Stages" }).waitFor({ timeout: SHOWN_MS });
      const stages = await page.locator(".waterfall tbody th").allInnerTexts();
      expect(stages).toEqual(["iPXE DHCP", "Script", "Kernel", "Initrd", "System DHCP", "Check-in"]);
    });

    test("reads what a machine logs while it logs it", async () => {
      const { page } = watched;
      const machine = await lan.addHost("logging");
      await machine.run("ip", "address", "add", "10.77.0.50/24", "dev", "eth0");
      await machine.run("curl", "-sS", `http://${lan.serverAddress}:8080/netboot.ipxe?mac=${DELTA}`);
      const log = (line: string) =>
        machine.run("bash", "-c", `printf '%s' '<3>dracut: ${line}' > /dev/udp/${lan.serverAddress}/514`);
      await log("one checkin/secret");
      await page.goto(BASE);
      await row(page, "delta")
        .getByRole("link", { name: /ago|now/ })
        .click();
      await page.getByText("one checkin/…").waitFor({ timeout: SHOWN_MS });
      for (const line of ["two", "three"]) {
        await log(line);
        await page.locator(".console li", { hasText: `dracut ${line}` }).waitFor({ timeout: SHOWN_MS });
      }
      const said = await page.locator(".console li").allInnerTexts();
      expect(said.map((line) => line.replace(/^\S+ /, ""))).toEqual([
        "dracut one checkin/…",
        "dracut two",
        "dracut three",
      ]);
    });

    test("is told when the connection has died, though nobody closed it, and it goes on where it was", async () => {
      const { page, faults } = await openPage(browser, BASE);
      // Its clock is another than the server's.
      await page.clock.install({ time: Date.now() + 3 * 3_600_000 });
      await page.reload();
      await page.getByRole("status").getByText("Live").waitFor({ timeout: SHOWN_MS });
      expect(await row(page, "beta").locator(".when a").innerText()).toMatch(/^(now|\d+ (s|min) ago)$/);
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url().replace(/.*\/api\/v1/, "")));
      const drop = [
        "add table inet dead",
        "add chain inet dead out { type filter hook output priority 0; }",
        "add rule inet dead out tcp sport 8081 drop",
        "add rule inet dead out tcp dport 8081 drop",
      ].join("; ");
      await lan.server.run("nft", drop);
      await page.clock.fastForward(SILENT_MS);
      await page.getByRole("status").getByText("Connection lost").waitFor({ timeout: SHOWN_MS });
      await lan.server.run("nft", "delete table inet dead");
      await page.getByRole("status").getByText("Live").waitFor({ timeout: SHOWN_MS });
      // It loads nothing anew; a part of the page may still ask for what it alone shows.
      const ofState = asked.filter((path) => /^\/(events|status|hosts|sessions)(\?|$)/.test(path));
      expect(ofState).toEqual([expect.stringMatching(/^\/events\?types=.*&after=\w+-\d+$/)]);
      expect(faults()).toEqual([]);
      await page.close();
    });

    test("finds itself again after the server was restarted, and goes on without loading anew", async () => {
      const { page } = watched;
      await page.goto(BASE);
      await page.getByRole("status").getByText("Live").waitFor({ timeout: SHOWN_MS });
      await page.evaluate("window.sameAsBefore = true");
      await server?.stop();
      await page.getByRole("status").getByText("Connection lost").waitFor({ timeout: SHOWN_MS });
      await serve();
      await page.getByRole("status").getByText("Live").waitFor({ timeout: SHOWN_MS });
      await row(page, "beta").getByText("Up", { exact: true }).waitFor({ timeout: SHOWN_MS });
      // What it asks for when that is told does not come, once.
      await page.route("**/api/v1/hosts*", (route) => route.abort("connectionreset"), { times: 1 });
      await replaceLink(images[1]?.folder ?? "");
      await row(page, "beta").getByText("another").waitFor({ timeout: SHOWN_MS });
      expect(await page.evaluate("window.sameAsBefore")).toBe(true);
    });

    test("asks for what nobody answered while the network was away, as soon as it is back", async () => {
      const { page } = await openPage(browser, BASE);
      await page.getByRole("status").getByText("Live").waitFor({ timeout: SHOWN_MS });
      const refuse = "add rule inet dead out tcp dport 8081 reject with tcp reset";
      const chain = "add chain inet dead out { type filter hook output priority 0; }";
      await lan.server.run("nft", `add table inet dead; ${chain}; ${refuse}`);
      await page.getByRole("link", { name: "beta", exact: true }).click();
      await page.getByText("the server does not answer").first().waitFor({ timeout: SHOWN_MS });
      await page.getByRole("status").getByText("Connection lost").waitFor({ timeout: SHOWN_MS });
      await lan.server.run("nft", "delete table inet dead");
      await page.getByRole("status").getByText("Live").waitFor({ timeout: SHOWN_MS });
      for (const name of ["Roll back", "Pin", "Hold"])
        await page.getByRole("button", { name, exact: true }).waitFor({ timeout: BACK_MS });
      expect(await page.getByText("the server does not answer").count()).toBe(0);
      await page.close();
    });

    test("opens it in many tabs, of which those that nobody sees hold no connection", async () => {
      const together = await browser.newContext();
      // Chromium without a screen shows all of its tabs at once.
      await together.addInitScript(`let isHidden = false;
        Object.defineProperty(Document.prototype, "hidden", { get: () => isHidden });
        window.hide = (now) => { isHidden = now; document.dispatchEvent(new Event("visibilitychange")); };`);
      const tabs: Page[] = [];
      for (let count = 1; count <= TABS; count++) {
        const page = await together.newPage();
        await page.clock.install();
        await page.goto(`${BASE}machines/${DELTA}`);
        await page.getByRole("status").getByText("Live").waitFor({ timeout: SHOWN_MS });
        // Its log is a stream of its own.
        await page.getByText(/^Since /).waitFor({ timeout: SHOWN_MS });
        tabs.push(page);
        if (count === TABS) break;
        await page.evaluate("hide(true)");
        await page.clock.fastForward(HIDDEN_MS);
        await page.getByRole("status").getByText("Connecting").waitFor({ timeout: SHOWN_MS });
      }
      const [first, last] = [tabs[0] as Page, tabs[TABS - 1] as Page];
      await last.evaluate("hide(true)");
      await last.clock.fastForward(HIDDEN_MS);
      const asked: string[] = [];
      first.on("request", (request) => asked.push(request.url().replace(/.*\/api\/v1/, "")));
      await first.evaluate("hide(false)");
      await first.getByRole("status").getByText("Live").waitFor({ timeout: SHOWN_MS });
      const ofState = asked.filter((path) => /^\/(events\?types|status|hosts|sessions\?outcome)/.test(path));
      expect(ofState).toEqual([expect.stringMatching(/^\/events\?types=.*&after=\w+-\d+$/)]);
      await together.close();
    });

    test("rolls a host back by a click, and its next boot gets what it had before", async () => {
      const { page } = watched;
      await page.goto(`${BASE}hosts/beta`);
      const opener = page.getByRole("button", { name: "Roll back, generation 1" });
      await opener.waitFor({ timeout: SHOWN_MS });
      // What the dialog asks for when it opens comes to nothing, once.
      const version = "**/api/v1/rollouts/beta";
      await page.route(version, (route) => route.abort("connectionrefused"));
      await opener.click();
      const dialog = page.getByRole("dialog");
      expect(await dialog.innerText()).toMatch(/beta/);
      const rollBack = dialog.getByRole("button", { name: "Roll back" });
      await rollBack.click();
      await dialog.getByText("the server does not answer").waitFor({ timeout: SHOWN_MS });
      await page.unroute(version);
      await rollBack.click();
      await dialog.waitFor({ state: "detached", timeout: SHOWN_MS });
      const machine = await startMachine(lan, { firmware: "bios", mac: BETA });
      try {
        expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("beta-1");
      } finally {
        await machine.stop();
      }
    });

    test("says who an unknown machine is, which boots without being touched", async () => {
      const { page } = watched;
      await page.goto(`${BASE}machines`);
      const machine = await startMachine(lan, { firmware: "bios", mac: STRANGER, serial: "SN 17" });
      try {
        const panel = page.getByLabel(`Machine ${STRANGER}`);
        await panel.getByText("Waits at its screen").waitFor({ timeout: WITHIN_MS });
        await panel.getByText("SN 17").waitFor({ timeout: SHOWN_MS });
        await panel.getByRole("button", { name: "Approve" }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("It is the host").fill("gamma");
        await dialog.getByRole("button", { name: "Approve" }).click();
        await dialog.waitFor({ state: "detached", timeout: SHOWN_MS });
        // A machine that is reset ends here (-no-reboot).
        expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("beta-2");
      } finally {
        await machine.stop();
      }
      await page.getByRole("link", { name: "Hosts" }).click();
      await row(page, "gamma").getByText("Up", { exact: true }).waitFor({ timeout: SHOWN_MS });
    });

    test("meets no barrier that axe knows of, in light and dark, on a phone and on a wall", async () => {
      const { page } = watched;
      const talkative = await lan.addHost("talkative");
      await talkative.run("ip", "address", "add", "10.77.0.51/24", "dev", "eth0");
      const asks = `netboot.ipxe?mac=${TALKATIVE}&manufacturer=${"W".repeat(200)}`;
      await talkative.run("curl", "-sS", `http://${lan.serverAddress}:8080/${asks}`);
      const boot = await row(page, "beta")
        .getByRole("link", { name: /ago|now/ })
        .getAttribute("href");
      for (const path of [
        "/",
        "/hosts/beta",
        "/hosts/beta/generations",
        "/machines",
        `/machines/${STRANGER}`,
        "/boots",
        "/hosts/beta/generations/2",
        "/storm",
        "/codes#wrong-isa",
        boot ?? "",
      ]) {
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width: colorScheme === "light" ? 400 : 1920, height: 900 });
          await page.goto(new URL(path, BASE).href);
          await page.getByRole("heading", { level: 1 }).waitFor({ timeout: SHOWN_MS });
          await page.getByRole("status").getByText("Live").waitFor({ timeout: SHOWN_MS });
          await page
            .getByText(/^Loading /)
            .first()
            .waitFor({ state: "detached", timeout: SHOWN_MS });
          expect([path, colorScheme, ...(await violations(page))]).toEqual([path, colorScheme]);
          expect([path, colorScheme, await tooWidePx(page)]).toEqual([path, colorScheme, 0]);
          await page.setViewportSize(NARROW);
          expect([path, "narrow", await tooWidePx(page)]).toEqual([path, "narrow", 0]);
        }
      }
      for (const [path, opener, colorScheme] of [
        ["/machines", `Approve … ${TALKATIVE}`, "light"],
        ["/hosts/beta", "Hold", "dark"],
      ] as const) {
        await page.emulateMedia({ colorScheme });
        await page.goto(new URL(path, BASE).href);
        await page.getByRole("button", { name: opener }).click({ timeout: SHOWN_MS });
        await page.getByRole("dialog").waitFor({ timeout: SHOWN_MS });
        expect([opener, ...(await violations(page)), await tooWidePx(page)]).toEqual([opener, 0]);
      }
    });

    test("goes to the place that a link names, and back without the dialog of the page before", async () => {
      const { page } = watched;
      await page.setViewportSize({ width: 400, height: 200 });
      // A link into the page itself is no way back.
      await page.goto(`${BASE}codes`);
      await page.evaluate("location.hash = 'wrong-isa'");
      await page.locator(".wanted").waitFor({ timeout: SHOWN_MS });
      await expect.poll(() => page.evaluate("scrollY"), { timeout: SHOWN_MS }).toBeGreaterThan(150);
      await page.getByRole("link", { name: "Hosts" }).click();
      await page.getByRole("link", { name: "beta", exact: true }).click();
      await page.getByRole("button", { name: "Hold" }).click({ timeout: SHOWN_MS });
      await page.getByRole("dialog").waitFor({ timeout: SHOWN_MS });
      await page.goBack();
      await page.getByRole("dialog").waitFor({ state: "detached", timeout: SHOWN_MS });
    });

    test("is shown by a browser too that keeps nothing for it", async () => {
      const page = await browser.newPage();
      await page.addInitScript(`Object.defineProperty(window, "localStorage", {
        get() { throw new DOMException("denied", "SecurityError"); },
      })`);
      await page.goto(BASE);
      await page.getByRole("status").getByText("Live").waitFor({ timeout: SHOWN_MS });
      await page.close();
    });

    test("shows the hosts of an edited configuration without being loaded anew", async () => {
      const { page } = watched;
      await page.goto(BASE);
      await row(page, "beta").waitFor({ timeout: SHOWN_MS });
      await writeFile(join(folder, "mayfly.yaml"), `${CONFIG}  epsilon: { macs: ["52:54:00:77:2d:05"] }\n`);
      await row(page, "epsilon").getByText("52:54:00:77:2d:05").waitFor({ timeout: SHOWN_MS });
      await writeFile(join(folder, "mayfly.yaml"), CONFIG);
      await row(page, "epsilon").waitFor({ state: "detached", timeout: SHOWN_MS });
    });

    /** A new build, as nix leaves it. */
    async function replaceLink(target: string): Promise<void> {
      const link = join(folder, "boot-media/hosts/beta");
      await symlink(target, `${link}.tmp-1-1`);
      await rename(`${link}.tmp-1-1`, link);
    }
  },
);

/** How far a page reaches beyond its window, and scrolls sideways. */
function tooWidePx(page: Page): Promise<number> {
  return page.evaluate<number>("Math.max(0, document.documentElement.scrollWidth - innerWidth)");
}

/** A host's line in the list of all. */
function row(page: Page, host: string) {
  return page.locator("tr", { has: page.getByRole("link", { name: host, exact: true }) });
}

/** Writes down whatever a host's line says from now on: this runs in the page. */
const REMEMBER = `(host) => {
  window.seen = [];
  const isLine = (line) => line.querySelector("a")?.textContent === host;
  const look = () => {
    const line = [...document.querySelectorAll("tr")].find(isLine);
    const text = line?.querySelector(".state")?.textContent ?? "";
    if (text !== window.seen.at(-1)) window.seen.push(text);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}`;

async function remember(page: Page, host: string): Promise<void> {
  await page.evaluate(`(${REMEMBER})(${JSON.stringify(host)})`);
}

function remembered(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>("seen");
}
