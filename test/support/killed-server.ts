/** `mayfly serve` on free ports of the loopback, asked as machines and operators ask it, and killed. */

import { rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Program, startProgram } from "../../src/lab/program.ts";
import type { GenerationView } from "../../src/web/schema/generations.ts";
import type { RolloutView } from "../../src/web/schema/rollouts.ts";

/** What a machine is told by its script. */
export interface Told {
  readonly id: string;
  /** Of its kernel. */
  readonly version: string;
  /** Of its check-in. */
  readonly token: string;
  readonly files: readonly string[];
}

const READY_WITHIN_MS = 60_000;
const ARGS = ["--dhcp", "off", "--interface", "lo", "--http-port", "0", "--tftp-port", "0"];

export class KilledServer {
  readonly #program: Program;
  #machines = "";
  #admin = "";
  #answers = 0;
  #onAnswer: () => void = () => {};
  /** So that a request that fails is known to have been cut off. */
  isKilled = false;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** On the media folder, the state and the configuration that are in `folder`. */
  static async start(program: string, folder: string): Promise<KilledServer> {
    const places = ["--media", join(folder, "boot-media"), "--state", join(folder, "state")];
    const argv = [process.execPath, program, "serve", ...ARGS, "--admin", "127.0.0.1:0", ...places] as const;
    // nix knows nothing of these images, and asking it of each would take a quarter of the time.
    const options = { name: "mayfly serve", cwd: folder, env: { PATH: folder } };
    const server = new KilledServer(await startProgram([...argv], options));
    onTestFinished(() => (server.isKilled ? undefined : server.kill()));
    return server;
  }

  async ready(): Promise<void> {
    await this.#program.waitFor(/^mayfly is ready: .*$/m, READY_WITHIN_MS);
    const [, machines = "", admin = ""] =
      /^mayfly is ready: (\S+) .*admin plane on (\S+)$/m.exec(this.#program.text()) ?? [];
    this.#machines = machines;
    this.#admin = `${admin}/api/v1`;
  }

  /** Resolves after so many answers from now on, or after so many milliseconds. */
  async answered(count: number, withinMs: number): Promise<void> {
    const until = this.#answers + count;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.#onAnswer = () => {
      if (this.#answers >= until) resolve();
    };
    this.#onAnswer();
    await promise;
    clearTimeout(timer);
  }

  async #fetch(url: string, options?: RequestInit): Promise<Response> {
    const answer = await fetch(url, options);
    this.#answers++;
    this.#onAnswer();
    return answer;
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Lets it end by itself: then what it has compiled is kept for the next ones. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.isKilled = true;
    process.kill(this.#program.pid, signal);
    await this.#program.ended;
  }

  async get<Answer>(path: string): Promise<Answer> {
    const answer = await this.#fetch(`${this.#admin}${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json() as Promise<Answer>;
  }

  async rollouts(): Promise<readonly RolloutView[]> {
    return (await this.get<{ rollouts: RolloutView[] }>("/rollouts")).rollouts;
  }

  /** The whole history of a host's image, the highest number first. */
  async history(host: string): Promise<readonly GenerationView[]> {
    const found: GenerationView[] = [];
    for (let more = ""; ; ) {
      type Page = { readonly next?: string; readonly generations: GenerationView[] };
      const page = await this.get<Page>(`/hosts/${host}/generations${more}`);
      found.push(...page.generations);
      if (page.next === undefined) return found;
      more = `?cursor=${encodeURIComponent(page.next)}`;
    }
  }

  /** What the server says to a command; absent: that it is refused. */
  async command(name: string, what: string, body: object = {}): Promise<readonly RolloutView[] | undefined> {
    const headers = { "Content-Type": "application/json" };
    const options = { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await this.#fetch(`${this.#admin}/rollouts/${name}/${what}`, options);
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text).rollouts;
    if (answer.status === 409 || answer.status === 404) return undefined;
    throw new Error(`${what} ${name}: ${answer.status} ${text}`);
  }

  /** What the last boots of a machine that have checked in were of. */
  async checkedIn(mac: string, limit: number): Promise<readonly string[]> {
    type Boots = { readonly sessions: readonly { readonly generation?: string }[] };
    const { sessions } = await this.get<Boots>(`/sessions?mac=${mac}&outcome=checked-in&limit=${limit}`);
    return sessions.map(({ generation = "" }) => generation);
  }

  async script(mac: string): Promise<Told> {
    const answer = await this.#fetch(`${this.#machines}/netboot.ipxe?mac=${mac}&arch=x86_64`);
    const text = await answer.text();
    const [, version, id] = / Linux (\S+) from (\S+)$/m.exec(text) ?? [];
    const token = /mayfly\.checkin=\S+\/checkin\/(\S+)/.exec(text)?.[1];
    if (version === undefined || id === undefined || token === undefined)
      throw new Error(`${mac} is told nothing to boot: ${answer.status} ${text}`);
    return { id, version, token, files: ["bzImage", "initrd"].map((file) => `/media/${id}/${file}`) };
  }

  async fetchFile(path: string): Promise<void> {
    const answer = await this.#fetch(`${this.#machines}${path}`);
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  }

  /** The status that the server answers a report with. */
  async report(token: string): Promise<number> {
    const answer = await this.#fetch(`${this.#machines}/checkin/${token}`, { method: "POST", body: "" });
    await answer.arrayBuffer();
    return answer.status;
  }
}

/** Makes a host's link lead to an image, as builders do it. */
export async function swapLink(folder: string, host: string, image: string): Promise<void> {
  const link = join(folder, "boot-media/hosts", host);
  await symlink(image, `${link}.tmp-1-1`);
  await rename(`${link}.tmp-1-1`, link);
}
