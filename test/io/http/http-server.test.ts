import { Agent, get as httpGet, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startHttpServer } from "../../../src/io/http/http-server.ts";
import { FILES, type HttpRig, INITRD, startHttpRig } from "../../support/http-rig.ts";
import { BETA_MAC } from "../../support/worlds.ts";

let rig: HttpRig;
let media: string;
beforeAll(async () => {
  rig = await startHttpRig();
  media = `${rig.base}/media/${rig.generation.id}`;
});
afterAll(() => rig.stop());
beforeEach(() => rig.clearEvents());

function fetchPart(url: string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { headers, redirect: "manual" });
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

describe("a file", () => {
  test.each([...FILES.keys()])(
    "%s arrives byte for byte, with its exact length and a strong validator",
    async (name) => {
      const response = await fetch(`${media}/${name}`);
      expect(response.status).toBe(200);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-length": String(FILES.get(name)?.length),
        "accept-ranges": "bytes",
        "cache-control": "public, max-age=31536000, immutable",
        etag: `"${rig.generation.id}/${name}"`,
      });
      expect(response.headers.has("content-encoding")).toBe(false);
      expect(Buffer.compare(await bytesOf(response), FILES.get(name) ?? Buffer.of(1))).toBe(0);
      await expect(rig.event("transfer-ended")).resolves.toMatchObject({
        result: "complete",
        path: `media/${rig.generation.id}/${name}`,
        sentBytes: FILES.get(name)?.length,
        generation: rig.generation.id,
      });
    },
  );

  test("a rate in its URL holds it back, so that a slow card keeps up (I11)", async () => {
    const startedAt = performance.now();
    const response = await fetchPart(`${media}/initrd.zst?rate=65536`, { range: "bytes=0-13106" });
    expect(Buffer.compare(await bytesOf(response), INITRD.subarray(0, 13_107))).toBe(0);
    // Four slices of a twentieth of a second, the first of which comes at once.
    expect(performance.now() - startedAt).toBeGreaterThan(100);
    await rig.event("transfer-ended");
  });

  test("HEAD has the same head and no body", async () => {
    const response = await fetch(`${media}/initrd.zst`, { method: "HEAD" });
    expect(response.headers.get("content-length")).toBe(String(INITRD.length));
    expect(await bytesOf(response)).toHaveLength(0);
    await expect(rig.event("transfer-ended")).resolves.toMatchObject({ result: "probed", sentBytes: 0 });
  });

  test.each([
    ["bytes=0-0", 0, 1],
    ["bytes=1048575-1048576", 1_048_575, 1_048_577],
    ["bytes=20000000-", 20_000_000, INITRD.length],
    ["bytes=-5", INITRD.length - 5, INITRD.length],
  ])("%s is that part of it", async (range, from, to) => {
    const response = await fetchPart(`${media}/initrd.zst`, { range });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${from}-${to - 1}/${INITRD.length}`);
    expect(Buffer.compare(await bytesOf(response), INITRD.subarray(from, to))).toBe(0);
  });

  test("a range beyond its end is 416, an old validator gets the whole, a known one 304", async () => {
    const beyond = await fetchPart(`${media}/bzImage`, { range: "bytes=70000-" });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */70000"]);
    const other = await fetchPart(`${media}/bzImage`, { range: "bytes=0-0", "if-range": '"other/bzImage"' });
    expect([other.status, (await bytesOf(other)).length]).toEqual([200, 70_000]);
    const known = await fetchPart(`${media}/bzImage`, { "if-none-match": `"${rig.generation.id}/bzImage"` });
    expect([known.status, (await bytesOf(known)).length]).toEqual([304, 0]);
  });

  test("many readers at different places of one file each get their own bytes", async () => {
    const starts = Array.from({ length: 60 }, (_, index) => index * 333_333);
    await Promise.all(
      starts.map(async (start) => {
        const end = Math.min(start + 2_000_000, INITRD.length);
        const response = await fetchPart(`${media}/initrd.zst`, { range: `bytes=${start}-${end - 1}` });
        expect(Buffer.compare(await bytesOf(response), INITRD.subarray(start, end))).toBe(0);
      }),
    );
    expect(rig.shelf.openCount()).toBe(0);
  });
});

test("a rack that boots one file reads it once, and buffers are given back after each piece", async () => {
  const own = await startHttpRig();
  const second = own.put({ ...own.generation, id: "second" });
  own.world.change([{ type: "published", image: "second", generation: second }]);
  const chunks = Math.ceil(INITRD.length / (512 * 1024));
  const load = async (id: string) => (await fetch(`${own.base}/media/${id}/initrd.zst`)).arrayBuffer();
  await Promise.all(Array.from({ length: 5 }, () => load(own.generation.id)));
  expect(own.shelf.readCount()).toBeLessThanOrEqual(chunks);
  // Both together do not fit: without their release small private pieces would take over.
  await load("second");
  expect(own.shelf.readCount()).toBeLessThanOrEqual(2 * chunks);
  await own.stop();
});

describe("scripts and redirects", () => {
  test("a script sends the machine back to the address that it used, and is never cached", async () => {
    const response = await fetch(`${rig.base}/netboot.ipxe?mac=${BETA_MAC}&arch=x86_64`);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const text = await response.text();
    expect(text).toContain(`kernel --name bzImage ${media}/bzImage `);
    expect(response.headers.get("content-length")).toBe(String(text.length));
    expect(rig.events).toMatchObject([
      { type: "script", client: { mac: BETA_MAC }, decision: { type: "script" } },
    ]);
    expect(rig.scripts).toContain(rig.generation.id);
  });

  test.each([
    ["boot.lan:8080", "http://boot.lan:8080"],
    ["[fd00::1]:80", "http://[fd00::1]:80"],
    ["10.0.0.1", "http://10.0.0.1"],
    ["evil.example/x || shell", undefined],
    ["a b", undefined],
    ["", undefined],
  ])("Host: %j gives %s", async (host, base) => {
    const text = await rawGet("/netboot.ipxe", { host });
    expect(text).toContain(`chain --replace --autofree ${base ?? rig.base}/netboot.ipxe?mac=`);
  });

  test("a host's file redirects within the server, uncached", async () => {
    const response = await fetchPart(`${rig.base}/hosts/beta/bzImage`, {});
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe(`/media/${rig.generation.id}/bzImage`);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("content-length")).toBe("0");
  });

  test("no is a status and a sentence, and is recorded", async () => {
    const gone = await fetch(`${rig.base}/media/older/bzImage`);
    expect(gone.status).toBe(410);
    expect(await gone.text()).toBe(
      "generation older is not kept any more; ask /netboot.ipxe again to boot the current one\n",
    );
    expect(rig.events).toMatchObject([{ type: "refused", path: "/media/older/bzImage", expected: false }]);
    const post = await fetch(`${rig.base}/netboot.ipxe`, { method: "POST", body: "x" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("a generation that there never was is not called gone, where there is a history", async () => {
    const known = await startHttpRig({}, undefined, () => ({ wasPublished: async (id) => id === "older" }));
    try {
      expect((await fetch(`${known.base}/media/older/bzImage`)).status).toBe(410);
      const never = await fetch(`${known.base}/media/never/bzImage`);
      expect(never.status).toBe(404);
      expect(await never.text()).toMatch(/^there never was a generation never; ask \/netboot\.ipxe/);
    } finally {
      await known.stop();
    }
  });

  test("a file that is known but not there any more is gone", async () => {
    const files = new Map([...rig.generation.files, ["lost", 5]]);
    rig.world.change([
      { type: "published", image: "other", generation: { ...rig.generation, id: "other", files } },
    ]);
    expect((await fetch(`${rig.base}/media/other/lost`)).status).toBe(410);
  });
});

function rawGet(path: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port: rig.port, path, setHost: false, headers }, async (response) => {
      resolve((await response.toArray()).join(""));
    });
    request.on("error", reject).end();
  });
}

test("one connection carries a whole boot: none is closed after its answer (Q9)", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<unknown>();
  const paths = ["netboot.ipxe", `netboot.ipxe?mac=${BETA_MAC}`, "media/none/x", "hosts/beta/bzImage"];
  for (const path of [
    ...paths,
    `media/${rig.generation.id}/bzImage`,
    `media/${rig.generation.id}/initrd.zst`,
  ]) {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpGet({ port: rig.port, path: `/${path}`, agent }, resolve);
      request.on("socket", (socket) => sockets.add(socket)).on("error", reject);
    });
    await response.toArray();
  }
  expect(sockets.size).toBe(1);
  agent.destroy();
});

describe("trouble", () => {
  test("a client that goes away closes its file", async () => {
    const socket = connect(rig.port, "127.0.0.1");
    socket.write(`GET /media/${rig.generation.id}/initrd.zst HTTP/1.1\r\nHost: x\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    await expect(rig.event("transfer-ended")).resolves.toMatchObject({ result: "aborted" });
    await expect.poll(() => rig.shelf.openCount(), { timeout: 4000 }).toBe(0);
  });

  test("a file overwritten under way: the connection breaks before a mixed byte leaves", async () => {
    const own = await startHttpRig();
    const socket = connect(own.port, "127.0.0.1");
    socket.write(`GET /media/${own.generation.id}/initrd.zst HTTP/1.1\r\nHost: x\r\n\r\n`);
    const received: Buffer[] = [];
    await new Promise<void>((resolve) => {
      socket.once("data", (data) => {
        received.push(data);
        own.shelf.spoil();
        socket.on("data", (more) => void received.push(more));
        socket.on("close", () => resolve()).on("error", () => resolve());
      });
    });
    const all = Buffer.concat(received);
    const body = all.subarray(all.indexOf("\r\n\r\n") + 4);
    expect(body.length).toBeLessThan(INITRD.length);
    expect(Buffer.compare(body, INITRD.subarray(0, body.length))).toBe(0);
    await expect(own.event("transfer-ended")).resolves.toMatchObject({ result: "stale" });
    // Another file of it cannot be had either; the head is not sent yet, so there is an answer.
    const next = await fetch(`${own.base}/media/${own.generation.id}/bzImage`);
    expect([next.status, await next.text()]).toEqual([
      410,
      expect.stringContaining("ask /netboot.ipxe again"),
    ]);
    await own.stop();
  });

  test("a mistake of ours is answered with 500 and recorded, and the server lives", async () => {
    const own = await startHttpRig();
    own.shelf.openMedia = () => {
      throw new TypeError("oops");
    };
    const response = await fetch(`${own.base}/media/${own.generation.id}/bzImage`);
    expect(response.status).toBe(500);
    expect(own.events).toMatchObject([{ type: "bug", via: "http" }]);
    expect((await fetch(`${own.base}/healthz`)).status).toBe(200);
    await own.stop();
  });

  test("a client that takes nothing is dropped after a while", async () => {
    const own = await startHttpRig({ stallTimeoutMs: 200 });
    const socket = connect(own.port, "127.0.0.1").on("error", () => {});
    socket.write(`GET /media/${own.generation.id}/initrd.zst HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.pause();
    await expect(own.event("transfer-ended")).resolves.toMatchObject({ result: "timed-out" });
    await own.stop();
    socket.destroy();
  });

  test("a port in use is told, and nothing is left open", async () => {
    const addresses = [
      { host: "127.0.0.1", port: 0 },
      { host: "127.0.0.1", port: rig.port },
    ];
    const { world, shelf } = rig;
    await expect(startHttpServer({ world, shelf, ready: () => true, addresses })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });

  test("close lets idle connections go at once and cuts a transfer after its grace", async () => {
    const own = await startHttpRig({ graceMs: 50 });
    const socket = connect(own.port, "127.0.0.1").on("error", () => {});
    socket.write(`GET /media/${own.generation.id}/initrd.zst HTTP/1.1\r\nHost: x\r\n\r\n`);
    await own.event("transfer-started");
    await own.stop();
    await expect(own.event("transfer-ended")).resolves.toMatchObject({
      result: "failed",
      reason: "the server was stopped",
    });
    socket.destroy();
  });
});
