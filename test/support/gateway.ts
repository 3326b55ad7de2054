/** An HTTP proxy in front of a server, which says by a page of its own that the server is away. */

import { once } from "node:events";
import { createServer, request } from "node:http";

export interface Gateway {
  readonly port: number;
  /** Ends what is under way, and answers so from now on. Resolves when somebody was answered so. */
  fail(status: number): Promise<void>;
  /** Passes on again. */
  mend(): void;
  close(): Promise<void>;
}

/** @param port - of the server, on the loopback */
export async function startGateway(port: () => number): Promise<Gateway> {
  let status: number | undefined;
  let onFailed = () => {};
  const server = createServer((asked, answer) => {
    if (status !== undefined) {
      answer.writeHead(status, { "Content-Type": "text/html" }).end("<h1>Bad Gateway</h1>", onFailed);
      return;
    }
    const { method, url: path, headers } = asked;
    const to = { host: "127.0.0.1", port: port(), method, path, headers, agent: false };
    const passed = request(to, (back) => {
      answer.writeHead(back.statusCode ?? 500, back.headers);
      back.pipe(answer);
      back.on("error", () => answer.destroy());
    });
    passed.on("error", () => answer.destroy());
    answer.once("close", () => passed.destroy());
    asked.pipe(passed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it has no port");
  return {
    port: address.port,
    fail(wanted) {
      status = wanted;
      server.closeAllConnections();
      return new Promise((resolve) => {
        onFailed = resolve;
      });
    },
    mend() {
      status = undefined;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
