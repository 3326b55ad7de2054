import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { CONNECTION_LIMITS, createConnectionCount } from "../../src/web/access/connection-count.ts";
import { boundConnections } from "../../src/web/bound-connections.ts";
import { startAdminRig } from "../support/admin-rig.ts";

const STALL_MS = 100;
const ASK = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

let server: Server;
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((resolve) => server.close(resolve));
});

async function start(answer: RequestListener, loopback = CONNECTION_LIMITS.loopback): Promise<void> {
  server = createServer({ keepAliveTimeout: 50 }, answer);
  boundConnections(server, createConnectionCount({ ...CONNECTION_LIMITS, loopback }), STALL_MS);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}
function open(port = (server.address() as AddressInfo).port): Socket {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  sockets.add(socket);
  return socket;
}
/** Everything until the connection ends. */
async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (data) => {
    text += data;
  });
  await once(socket, "close");
  return text;
}

test("one connection too many is closed, and there is room again when another one has ended", async () => {
  await start((_request, response) => void response.end("ok"), 2);
  const held = [open(), open()];
  await Promise.all(held.map((socket) => once(socket, "connect")));
  expect(await readAll(open())).toBe("");
  held[0]?.destroy();
  await once(held[0] as Socket, "close");
  let text = "";
  for (let tries = 0; text === "" && tries < 100; tries++) {
    const socket = open();
    socket.write(ASK);
    text = await readAll(socket);
  }
  expect(text).toContain("200 OK");
});

test("one who reads nothing of an answer is let go", async () => {
  const ended = Promise.withResolvers<ServerResponse>();
  await start((_request, response) => {
    response.once("close", () => ended.resolve(response));
    response.end(Buffer.alloc(32 * 1024 * 1024));
  });
  const socket = open();
  socket.pause();
  socket.write(ASK);
  expect((await ended.promise).writableFinished).toBe(false);
});

test("one who waits for an answer is not, however long it takes", async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  await start((_request, response) => asked.resolve(response));
  const socket = open();
  socket.write(ASK);
  const [response] = await Promise.all([asked.promise, once(server, "timeout")]);
  response.write("a part");
  // Nor is one who waits for the rest of it.
  await once(server, "timeout");
  response.end("and the rest");
  expect(await readAll(socket)).toMatch(/a part[\s\S]*and the rest/);
});

test("a connection that nobody uses any more is closed", async () => {
  await start((_request, response) => void response.end("ok"));
  const socket = open();
  socket.write(ASK);
  expect(await readAll(socket)).toContain("200 OK");
});

test("one who asks a thousand times and reads nothing has few answers made for it", async () => {
  let answers = 0;
  await start((_request, response) => {
    answers++;
    response.end("x".repeat(10_000));
  });
  const socket = open();
  socket.pause();
  socket.write(ASK.repeat(1000));
  await once(server, "dropRequest");
  expect(answers).toBe(100);
});

test("who sends several requests at once gets their answers in order", async () => {
  const rig = await startAdminRig();
  try {
    await start(() => {});
    const socket = open(rig.app.served.admin?.port);
    const paths = ["/healthz", "/api/v1/nothing-a", "/healthz", "/api/v1/nothing-b"];
    for (const path of paths) {
      const isLast = path === paths.at(-1);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${isLast ? "Connection: close\r\n" : ""}\r\n`);
    }
    const text = await readAll(socket);
    expect(text.match(/HTTP\/1\.1 \d+|nothing-./g)).toEqual([
      ...["HTTP/1.1 200", "HTTP/1.1 404", "nothing-a", "HTTP/1.1 200", "HTTP/1.1 404", "nothing-b"],
    ]);
  } finally {
    await rig.stop();
  }
});
