/** A whole server on free ports of the loopback, whose unknown machines are held, and ways to ask it. */

import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { type App, startApp } from "../../src/app.ts";
import { loadSettings, type SettingsRequest } from "../../src/config/load.ts";
import type { Flags } from "../../src/config/sources.ts";
import { type EventLog, logEvents } from "./event-log.ts";
import { type Media, makeMedia } from "./media.ts";

export interface AdminRig {
  readonly app: App;
  readonly media: Media;
  readonly log: EventLog;
  /** What a command is started with that is to find this server. */
  readonly request: SettingsRequest;
  /** The script that a machine gets now; `more` follows its MAC address in the query. */
  script(mac: string, more?: string): Promise<string>;
  /** Asks the admin plane, with any header. */
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  /** Stops it and starts it anew on the same folder; `flags` count instead of those before. */
  restart(flags?: Flags): Promise<void>;
  stop(): Promise<void>;
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/**
 * @param config - what `mayfly.yaml` holds
 * @param before - what there is when it starts
 */
export async function startAdminRig(
  flags: Flags = {},
  config = "",
  before: (media: Media) => Promise<void> = async () => {},
): Promise<AdminRig> {
  const media = makeMedia();
  writeFileSync(join(media.folder, "mayfly.yaml"), config);
  await before(media);
  const start = async (others: Flags = {}) => {
    const given = {
      media: join(media.folder, "boot-media"),
      state: join(media.folder, "state"),
      interfaces: ["lo"],
      dhcp: "off",
      httpPort: "0",
      tftpPort: "0",
      admin: "127.0.0.1:0",
      unknown: "hold",
      logLevel: "silent",
      ...flags,
      ...others,
    };
    const load = () => loadSettings({ flags: given, env: {}, cwd: media.folder });
    const app = await startApp(await load(), load);
    return { app, log: logEvents(app.world) };
  };
  let running = await start();
  const adminPort = () => running.app.served.admin?.port ?? 0;
  return {
    media,
    get app() {
      return running.app;
    },
    get log() {
      return running.log;
    },
    get request() {
      return { flags: { admin: `127.0.0.1:${adminPort()}` }, env: {}, cwd: media.folder };
    },
    async script(mac, more = "") {
      const url = `http://127.0.0.1:${running.app.served.httpPort}/netboot.ipxe?mac=${mac}${more}`;
      return (await fetch(url)).text();
    },
    send: (method, path, options) => send(adminPort(), method, path, options),
    async restart(others) {
      await running.app.stop();
      running = await start(others);
    },
    async stop() {
      await running.app.stop();
      media.remove();
    },
  };
}

/** Plain HTTP: `fetch` does not let anybody choose the header Host. */
function send(
  port: number,
  method: string,
  path: string,
  { headers = {}, body }: SendOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // A connection of its own: one that was kept may have been closed while the test did something else.
    const to = { host: "127.0.0.1", port, method, path, headers, agent: false };
    const asked = request(to, (response) => {
      const chunks: Uint8Array[] = [];
      response.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
