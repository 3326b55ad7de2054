import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type HttpRig, INITRD, startHttpRig } from "../../support/http-rig.ts";

const LIMITS = { headTimeoutMs: 300, keepAliveMs: 300, connectionsPerPeer: 40, stallTimeoutMs: 2000 };

let rig: HttpRig;
const sockets: Socket[] = [];
beforeAll(async () => {
  rig = await startHttpRig(LIMITS);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  // Whatever was sent: the server lives, answers, and made no mistake.
  expect(await (await fetch(`${rig.base}/healthz`)).text()).toBe("ok\n");
  expect(rig.events.filter((event) => event.type === "bug")).toEqual([]);
  await expect.poll(() => rig.shelf.openCount(), { timeout: 4000 }).toBe(0);
  rig.clearEvents();
});
afterAll(() => rig.stop());

function open(): Socket {
  const socket = connect(rig.port, "127.0.0.1").on("error", () => {});
  sockets.push(socket);
  return socket;
}

/** All that comes back until the server closes the connection. */
function exchange(request: string | Uint8Array): Promise<Buffer> {
  const socket = open();
  socket.write(request);
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    socket.on("data", (data) => void received.push(data)).on("close", () => resolve(Buffer.concat(received)));
  });
}

async function statusOf(request: string): Promise<string> {
  return /^HTTP\/1\.1 (\d+)/.exec(String(await exchange(request)))?.[1] ?? "closed";
}

describe("one request", () => {
  const close = "Connection: close\r\n\r\n";
  test.each([
    ["400", "garbage\r\n\r\n"],
    ["400", `GET /netboot.ipxe FTP/1.1\r\nHost: a\r\n${close}`],
    ["400", `GET /healthz HTTP/1.1\r\nHost: a\r\nBad Header\r\n${close}`],
    ["400", `GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n${close}`],
    ["400", `GET /%zz HTTP/1.1\r\nHost: a\r\n${close}`],
    ["400", `GET /media/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: a\r\n${close}`],
    ["400", `GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n${close}`],
    ["404", `GET /etc/passwd HTTP/1.1\r\nHost: a\r\n${close}`],
    ["414", `GET /${"a".repeat(8000)} HTTP/1.1\r\nHost: a\r\n${close}`],
    ["431", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(100_000)}\r\n${close}`],
    ["405", `OPTIONS * HTTP/1.1\r\nHost: a\r\n${close}`],
    ["405", `DELETE /healthz HTTP/1.1\r\nHost: a\r\n${close}`],
    ["closed", `CONNECT 10.0.0.1:22 HTTP/1.1\r\nHost: a\r\n${close}`],
    ["200", `GET http://a/healthz HTTP/1.1\r\nHost: a\r\n${close}`],
    ["200", "GET /healthz HTTP/1.0\r\n\r\n"],
    ["200", `GET /healthz HTTP/1.1\r\n${close}`],
    ["200", "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nx"],
    ["200", "GET /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello"],
    ["200", `GET /healthz HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n`],
  ])("%s for %j", async (status, request) => {
    expect(await statusOf(request)).toBe(status);
  });

  test("garbage is recorded as the client's mistake, a port scan is not", async () => {
    await exchange("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    expect(rig.events).toMatchObject([
      { type: "malformed", via: "http", code: expect.stringMatching(/^HPE_/) },
    ]);
    open().destroy();
  });

  test("any header gets an answer of the right length, ranges and validators among them", async () => {
    const value = fc.oneof(
      fc.constantFrom(
        "bytes=",
        "bytes=-",
        "bytes=0-0,1-1",
        "bytes=9e9-",
        "bytes=-99999999999999999999",
        "*",
        '"',
        "W/",
      ),
      fc.stringMatching(/^[ -~]{0,40}$/),
    );
    const name = fc.constantFrom(
      "Range",
      "If-Range",
      "If-None-Match",
      "If-Match",
      "Host",
      "Accept-Encoding",
      "Expect",
    );
    const headers = fc.array(fc.tuple(name, value), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(headers, async (lines) => {
        const asked = lines.map(([key, text]) => `${key}: ${text}\r\n`).join("");
        const path = `/media/${rig.generation.id}/bzImage`;
        const answer = await exchange(`GET ${path} HTTP/1.1\r\n${asked}${close}`);
        // An Expect header may bring a 100 Continue of its own before the answer.
        const end = answer.indexOf("\r\n\r\n", answer.includes("HTTP/1.1 100") ? 25 : 0);
        const head = answer.subarray(0, end).toString("latin1");
        const length = /\r\nContent-Length: (\d+)/i.exec(head)?.[1];
        if (length !== undefined) expect(answer.length - end - 4).toBe(Number(length));
      }),
      { numRuns: 150 },
    );
  });

  test("any bytes at all: an answer or a closed connection", async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(bytes, async (request) => {
        const socket = open().resume();
        socket.end(request);
        await new Promise((resolve) => socket.once("close", resolve));
      }),
      { numRuns: 30 },
    );
  });
});

describe("many requests", () => {
  test("pipelined ones are answered in order, one file open at a time", async () => {
    let most = 0;
    const stop = rig.world.subscribe(() => {
      most = Math.max(most, rig.shelf.openCount());
    });
    const path = `/media/${rig.generation.id}/initrd.zst`;
    const part = (first: number) =>
      `GET ${path} HTTP/1.1\r\nHost: a\r\nRange: bytes=${first}-${first + 9}\r\n\r\n`;
    const firsts = Array.from({ length: 15 }, (_, index) => index * 1_299_827);
    const last = `GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    const answer = await exchange(firsts.map(part).join("") + last);
    stop();
    let at = 0;
    for (const first of firsts) {
      at = answer.indexOf("\r\n\r\n", at) + 4;
      expect(Buffer.compare(answer.subarray(at, at + 10), INITRD.subarray(first, first + 10))).toBe(0);
    }
    expect(most).toBe(1);
  });

  test("a connection that asks on and on behind a slow answer is cut off, and told of once", async () => {
    const socket = open().resume();
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const media = `/media/${rig.generation.id}/initrd.zst`;
    socket.write(`GET ${media}?rate=65536 HTTP/1.1\r\nHost: a\r\n\r\n`);
    await rig.event("transfer-started");
    socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2000));
    await closed;
    await rig.event("transfer-ended");
    expect(rig.events.filter(({ type }) => type === "refused")).toMatchObject([
      { via: "http", path: "/healthz", reason: expect.stringContaining("16 requests") },
    ]);
  });

  test("a connection may ask as often as it likes, one thing after another", async () => {
    const socket = open();
    const answers = socket[Symbol.asyncIterator]();
    for (let asked = 0; asked < 50; asked++) {
      socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
      let answer = "";
      while (!answer.endsWith("ok\n")) answer += String((await answers.next()).value);
    }
  });

  test("a head that never ends is cut off after its time", async () => {
    const socket = open();
    socket.write("GET / HTTP/1.1\r\n");
    const drip = setInterval(() => socket.write("X: y\r\n"), 20);
    await new Promise((resolve) => socket.once("close", resolve));
    clearInterval(drip);
  });

  test("a connection that says nothing is cut off too", async () => {
    const socket = open().resume();
    await new Promise((resolve) => socket.once("close", resolve));
  });

  test("one address gets so many connections and no more, and others again when they end", async () => {
    const held = Array.from({ length: 60 }, open);
    await expect
      .poll(() => held.filter((socket) => socket.closed).length, { timeout: 4000 })
      .toBeGreaterThanOrEqual(20);
    for (const socket of held) socket.destroy();
    await expect
      .poll(async () => (await fetch(`${rig.base}/healthz`).catch(() => undefined))?.status)
      .toBe(200);
  });

  test("thirty clients that take nothing hold a bounded memory, and another one is served meanwhile", async () => {
    const before = process.memoryUsage().rss;
    const slow = Array.from({ length: 30 }, (_, index) => {
      const socket = open();
      const range = `Range: bytes=${index * 600_000}-\r\n`;
      socket.write(`GET /media/${rig.generation.id}/initrd.zst HTTP/1.1\r\nHost: a\r\n${range}\r\n`);
      socket.pause();
      return socket;
    });
    await expect
      .poll(() => rig.events.filter(({ type }) => type === "transfer-started").length, { timeout: 4000 })
      .toBe(30);
    const response = await fetch(`${rig.base}/media/${rig.generation.id}/initrd.zst`);
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), INITRD)).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    for (const socket of slow) socket.destroy();
  });
});
