/** A TCP proxy whose connections can go dead as on a network that was unplugged: nothing comes, nothing ends. */

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface FrozenProxy {
  readonly port: number;
  /** What is connected now carries nothing any more, in either direction; what connects later does. */
  freeze(): void;
  /** How many connections there were. */
  count(): number;
  close(): Promise<void>;
}

/** @param port - to where it connects, on the loopback */
export async function startFrozenProxy(port: number, host = "127.0.0.1"): Promise<FrozenProxy> {
  const pairs: (readonly [Socket, Socket])[] = [];
  const server = createServer((near) => {
    const far = connect(port, host);
    pairs.push([near, far]);
    near.pipe(far);
    far.pipe(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it has no port");
  return {
    port: address.port,
    freeze() {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.pause();
        far.pause();
      }
    },
    count: () => pairs.length,
    async close() {
      for (const each of pairs.flat()) each.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
