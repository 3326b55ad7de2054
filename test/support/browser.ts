/** A browser on the machine that somebody sits at: Chromium in a namespace, and what its pages must not do. */

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import type { Namespace } from "../../src/lab/namespace.ts";
import { quoteShell } from "../../src/wire/sh/quote.ts";

/** What Chromium does on its own account, and would do into a closed network. */
const QUIET = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu",
];

/**
 * Starts Chromium in the namespace.
 *
 * @param scratch - an existing folder for what it is started by
 */
export async function startBrowser(at: Pick<Namespace, "command">, scratch: string): Promise<Browser> {
  const executablePath = join(scratch, "chromium");
  const command = at.command(["chromium"]).map(quoteShell).join(" ");
  await writeFile(executablePath, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  return chromium.launch({ executablePath, args: QUIET });
}

/** A page, and what went wrong on it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors, requests to anywhere else and refusals of the page's own rules so far; `[]` is well. */
  faults(): readonly string[];
}

/** @param base - where all that it fetches has to lie, as in `http://127.0.0.1:8081/` */
export async function openPage(browser: Browser, base: string, path = ""): Promise<WatchedPage> {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`${error}`));
  page.on("console", (message) => {
    // A server that is away is told so by the browser; what the page makes of it is looked at.
    const isOutage =
      /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)/.test(
        message.text(),
      );
    if (message.type() === "error" && !isOutage) faults.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(base)) faults.push(`it asks ${request.url()}`);
  });
  await page.goto(base + path);
  return { page, faults: () => faults };
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe-core finds against WCAG 2.2 AA and its own best practice; `[]` is nothing. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations: found } = await page.evaluate<AxeResult>("axe.run()");
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
