/** A web server on the loopback that takes messages, and answers as a test has it. */

import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HookReceiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** How the next requests are answered; what says nothing more takes everything. */
  answer(...answers: readonly ((response: ServerResponse) => void)[]): void;
  /** Resolves when there have been so many. */
  wait(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startHookReceiver(): Promise<HookReceiver> {
  const received: Received[] = [];
  const answers: ((response: ServerResponse) => void)[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = [];
    request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      received.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
      const answer = answers.shift();
      if (answer === undefined) response.end("ok");
      else answer(response);
      for (const each of waiting) if (each.count <= received.length) each.resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    answer: (...more) => void answers.push(...more),
    wait: (count) =>
      new Promise((resolve, reject) => {
        const giveUp = setTimeout(
          () => reject(new Error(`only ${received.length} of ${count} came`)),
          10_000,
        );
        const done = () => {
          clearTimeout(giveUp);
          resolve();
        };
        if (received.length >= count) done();
        else waiting.push({ count, resolve: done });
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with this status, and these headers. */
export function withStatus(status: number, headers: Readonly<Record<string, string>> = {}, text = "") {
  return (response: ServerResponse) => void response.writeHead(status, headers).end(text);
}
