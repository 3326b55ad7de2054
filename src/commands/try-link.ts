/** The other end of {@link ./try-server.ts}: starts the server inside the virtual LAN and hears what happens. */

import { spawn } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProgramKind } from "../boot/arch.ts";
import type { BootEvent } from "../boot/event.ts";
import type { Generation } from "../boot/generation.ts";
import type { Settings } from "../config/settings.ts";
import type { Lan } from "../lab/network.ts";
import { lastLines, watchProgram } from "../lab/program.ts";
import type { TryNews, TryRequest } from "./try-server.ts";

export interface TryServer {
  readonly generation: Generation;
  /** Kinds of firmware for which there is a boot program. */
  readonly programs: readonly ProgramKind[];
  /** Resolves, with its last words, when the server ends by itself. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts the server; resolves when it has published the image.
 *
 * @throws Error when it cannot: what keeps it, or what is wrong with the image
 */
export async function startTryServer(
  lan: Lan,
  settings: Settings,
  onEvent: (event: BootEvent) => void,
): Promise<TryServer> {
  // Sources are `.ts` in a checkout and `.js` where they were published.
  const script = fileURLToPath(new URL(`./try-server${extname(import.meta.url)}`, import.meta.url));
  const [command, ...args] = lan.server.command([process.execPath, script]);
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true, // Ctrl-C is told to us, and we end it
    // Events hold maps, which JSON has not.
    serialization: "advanced",
  });
  const program = watchProgram(child, "the server");
  const ended = program.ended.then(() => lastLines(program.text()));

  const ready = new Promise<TryNews & { readonly type: "ready" }>((resolve, reject) => {
    child.on("message", (news: TryNews) => {
      if (news.type === "event") onEvent(news.event);
      if (news.type === "ready") resolve(news);
      if (news.type === "failed") reject(new Error(news.reason));
    });
    child.once("error", reject);
    void ended.then((words) => reject(new Error(`the server ended before it was ready\n${words}`)));
  });
  const request: TryRequest = { settings };
  child.send(request, (error) => {
    // It has ended already, which is told above.
    if (error !== null) child.kill();
  });
  // Without `child.disconnect()`, after which Node never says that the child is closed.
  const stop = async (): Promise<void> => {
    await program.stop();
  };
  try {
    const { generation, programs } = await ready;
    return { generation, programs, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
