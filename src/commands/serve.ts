/** `mayfly serve [IMAGE]`: serves until it is told to stop. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as immediately } from "node:timers/promises";
import type { App } from "../app.ts";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { WANT } from "../config/raw.ts";
import type { Settings } from "../config/settings.ts";
import { findBootPrograms } from "../io/boot-programs.ts";
import { ensurePackages } from "../io/system/packages.ts";
import { notifySystemd } from "../io/system/systemd.ts";
import type { Served } from "../ports.ts";
import { explainMissing } from "./explain-missing.ts";
import { loadChecked } from "./load-checked.ts";

/** A server that runs, as far as it is served and stopped. */
export type RunningServer = Pick<App, "served" | "serving" | "stop">;

/** Starts a server; `reload` reads the settings again, for a configuration that was edited. */
export type StartServer = (settings: Settings, reload: () => Promise<Settings>) => Promise<RunningServer>;

export interface ServeOptions {
  /** Install boot programs first where there are none. */
  readonly install: boolean;
  /** Aborted when the server is to stop. */
  readonly signal: AbortSignal;
  /** Gets the one line that says that it is ready. */
  readonly print: (line: string) => void;
  /** Gets what is worth knowing before that. */
  readonly say: (line: string) => void;
}

/**
 * Serves until `options.signal` is aborted.
 *
 * @throws {@link ConfigError} before anything was started
 */
export async function serve(
  request: SettingsRequest,
  start: StartServer,
  options: ServeOptions,
): Promise<void> {
  const load = () => loadChecked(request);
  const settings = await load();
  if (request.image !== undefined) await checkImage(request.image, settings);
  if (options.install) await installPrograms(settings, options.say);
  const server = await start(settings, load);
  try {
    // systemd is told at once: it would end what waits too long for a network.
    // What was found out so far stands in the log before it is said that all is ready.
    await immediately();
    if (server.served.arrivals.length === 0) options.print(WAITING_LINE);
    void server.serving.then(() => immediately()).then(() => options.print(readyLine(server.served)));
    await notifySystemd("READY=1");
    await aborted(options.signal);
    await notifySystemd("STOPPING=1");
  } finally {
    await server.stop();
  }
}

const WAITING_LINE = "mayfly waits for an interface to serve";

/** The one line of a server that is ready: what it serves, and at which addresses. */
export function readyLine({ arrivals, httpPort, tftpPort, dhcp, admin }: Served): string {
  const at = arrivals.map(({ self, interface: name }) => `http://${self}:${httpPort} (${name})`);
  const rest = [
    tftpPort === undefined ? "no TFTP" : `TFTP on port ${tftpPort}`,
    dhcp === undefined ? "no DHCP" : DHCP_MODES[dhcp],
    ...(admin === undefined ? [] : [`admin plane on http://${admin.host}:${admin.port}`]),
  ];
  return `mayfly is ready: ${at.join(", ")}; ${rest.join(", ")}`;
}

const DHCP_MODES: Readonly<Record<NonNullable<Served["dhcp"]>, string>> = {
  proxy: "proxyDHCP",
  authoritative: "DHCP with addresses",
  observe: "DHCP observed, nothing sent",
};

/** An image that is not there is a slip of the operator's, not a link that will come. */
async function checkImage(given: string, { image }: Settings): Promise<void> {
  const what = image === undefined ? "nothing is there" : await whyNoImage(image);
  if (what === undefined) return;
  throw new ConfigError([{ place: "IMAGE", read: quote(given), want: `${WANT.image}: ${what}` }]);
}

async function whyNoImage(path: string): Promise<string | undefined> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    if (isFolder || /\.(iso|efi)$/i.test(path)) return undefined;
    return "that is a file, name the folder that it lies in, or a file that is .iso or .efi";
  } catch (error) {
    return explainMissing(error);
  }
}

/** What `npm start` does on a new machine: with no boot program at all no firmware gets far. */
async function installPrograms(settings: Settings, say: (line: string) => void): Promise<void> {
  const places = { ownFolder: join(settings.mediaFolder, "ipxe"), ipxeFolders: settings.ipxeFolders };
  const { programs } = await findBootPrograms(places);
  if (programs.length > 0) return;
  const outcome = await ensurePackages(["ipxe"], say);
  // Where there is no command of Debian's to name, the server names that of the machine's own distribution.
  if (outcome.type !== "manual" || outcome.command === "") return;
  say(`no boot programs are installed, and ${outcome.reason}; to install them: ${outcome.command}`);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}
