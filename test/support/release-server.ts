/** A web server on loopback that serves files as badly as real ones do at times. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface ReleaseServer {
  /** `http://127.0.0.1:PORT`. */
  readonly base: string;
  /** Method, path and Range of each request, in order. */
  readonly requests: string[];
  /** Breaks off what is being sent. What the client has not read by then it may lose. */
  hangUp(): void;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** @param answers - by path; a list is gone through one answer for each request, the last one for the rest */
export async function serveReleases(
  answers: Readonly<Record<string, Answer | readonly Answer[]>>,
): Promise<ReleaseServer> {
  const requests: string[] = [];
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(
      `${request.method} ${path}${request.headers.range === undefined ? "" : ` ${request.headers.range}`}`,
    );
    const count = asked.get(path) ?? 0;
    asked.set(path, count + 1);
    const found = answers[path];
    const list: readonly Answer[] = typeof found === "function" ? [found] : (found ?? []);
    const answer = list[Math.min(count, list.length - 1)];
    if (answer === undefined) response.writeHead(404).end("Not Found");
    else answer(request, response);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    hangUp: () => server.closeAllConnections(),
  };
}

/** Serves as RFC 9110 has it: ranges, as long as the validator is the file's; an empty one is not sent. */
export function file(bytes: Uint8Array, etag = '"v1"'): Answer {
  return (request, response) => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    const validator = etag === "" ? {} : { etag };
    if (range === null || request.headers["if-range"] !== etag) {
      response.writeHead(200, { "content-length": bytes.length, ...validator }).end(bytes);
      return;
    }
    const from = Number(range[1]);
    if (from >= bytes.length) {
      response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
      return;
    }
    const contentRange = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response
      .writeHead(206, { "content-length": bytes.length - from, "content-range": contentRange, ...validator })
      .end(bytes.subarray(from));
  };
}

/** As {@link file}, but ends at `upTo` and says nothing more: the test hangs up, or waits for the client to. */
export function halting(bytes: Uint8Array, upTo: number, etag = '"v1"'): Answer {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const contentRange = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(from === 0 ? 200 : 206, {
      "content-length": bytes.length - from,
      ...(from === 0 ? {} : { "content-range": contentRange }),
      ...(etag === "" ? {} : { etag }),
    });
    response.write(bytes.subarray(from, upTo));
  };
}

export function redirect(location: string): Answer {
  return (_request, response) => void response.writeHead(302, { location }).end();
}

export function page(html: string): Answer {
  return (_request, response) => void response.writeHead(200, { "content-type": "text/html" }).end(html);
}

export function status(code: number): Answer {
  return (_request, response) => void response.writeHead(code).end();
}

/** Exactly these bytes on the wire: for what no HTTP library would send. */
export function raw(head: string, body: Uint8Array): Answer {
  return (_request, response) =>
    void response.socket?.end(Buffer.concat([Buffer.from(head.replaceAll("\n", "\r\n")), body]));
}
