import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DownloadError, type DownloadOptions, download } from "../../../src/io/rpi4/download.ts";
import {
  type Answer,
  file,
  halting,
  page,
  raw,
  redirect,
  serveReleases,
  status,
} from "../../support/release-server.ts";
import { text } from "../../support/rpi4-files.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const BYTES = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) & 0xff);
const OTHER = Uint8Array.from({ length: 250_000 }, (_, index) => (index * 11) & 0xff);

function options(changes: Partial<DownloadOptions> = {}): DownloadOptions {
  return { signal: new AbortController().signal, onProgress: () => undefined, waitFactor: 0, ...changes };
}

/** Lengths are compared first: a wrong file of 300,000 bytes makes a poor message. */
function expectFile(path: string, bytes: Uint8Array): void {
  const got = readFileSync(path);
  expect(got.length).toBe(bytes.length);
  expect(got.equals(bytes)).toBe(true);
}

test("downloads a file, tells how far it is, and leaves nothing else", async () => {
  const { base } = await serveReleases({ "/a/release.zip": file(BYTES) });
  const folder = tempFolder();
  const progress: [number, number | undefined][] = [];
  const onProgress = (...each: [number, number | undefined]) => void progress.push(each);
  expectFile(await download(`${base}/a/release.zip`, folder, options({ onProgress })), BYTES);
  expect(progress.at(-1)).toEqual([BYTES.length, BYTES.length]);
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{12}-release\.zip$/)]);
});

test("what is there already is not fetched again", async () => {
  const server = await serveReleases({ "/release.zip": file(BYTES) });
  const folder = tempFolder();
  const first = await download(`${server.base}/release.zip`, folder, options());
  expect(await download(`${server.base}/release.zip`, folder, options())).toBe(first);
  expect(server.requests).toEqual(["GET /release.zip"]);
});

/** A server that hangs up whenever the client has come to one of these bytes, and what the client is told. */
async function breaking(at: readonly number[], answers: readonly Answer[]) {
  const server = await serveReleases({ "/release.zip": answers });
  const onProgress = (bytes: number) => void (at.includes(bytes) && server.hangUp());
  return { ...server, url: `${server.base}/release.zip`, options: options({ onProgress }) };
}

describe("a server that breaks off", () => {
  test("is asked for the rest, as often as it takes", async () => {
    const at = [100_000, 200_000, 250_000];
    const server = await breaking(at, [...at.map((upTo) => halting(BYTES, upTo)), file(BYTES)]);
    expectFile(await download(server.url, tempFolder(), server.options), BYTES);
    expect(server.requests).toEqual([
      "GET /release.zip",
      "GET /release.zip bytes=100000-",
      "GET /release.zip bytes=200000-",
      "GET /release.zip bytes=250000-",
    ]);
  });

  test("for good is given up, and the next run goes on where it ended", async () => {
    const trouble = Array.from({ length: 6 }, () => status(503));
    const server = await breaking([100_000], [halting(BYTES, 100_000), ...trouble, file(BYTES)]);
    const folder = tempFolder();
    await expect(download(server.url, folder, server.options)).rejects.toThrow(DownloadError);
    expectFile(await download(server.url, folder, server.options), BYTES);
    expect(server.requests.at(-1)).toBe("GET /release.zip bytes=100000-");
  });

  test("without a validator is asked for all of it again", async () => {
    const server = await breaking([100_000], [halting(BYTES, 100_000, ""), file(BYTES)]);
    expectFile(await download(server.url, tempFolder(), server.options), BYTES);
    expect(server.requests).toEqual(["GET /release.zip", "GET /release.zip"]);
  });

  test("and has another file by then gives that one, whole", async () => {
    const server = await breaking([100_000], [halting(BYTES, 100_000), file(OTHER, '"v2"')]);
    expectFile(await download(server.url, tempFolder(), server.options), OTHER);
    expect(server.requests.at(-1)).toBe("GET /release.zip bytes=100000-");
  });
});

describe("a server that lies", () => {
  test("about another part than was asked for is not believed", async () => {
    const lie = raw(
      `HTTP/1.1 206 Partial Content\nContent-Range: bytes 0-9/300000\nContent-Length: 10\nETag: "v1"\n\n`,
      BYTES.subarray(0, 10),
    );
    const server = await breaking([100_000], [halting(BYTES, 100_000), lie, file(BYTES)]);
    expectFile(await download(server.url, tempFolder(), server.options), BYTES);
    expect(server.requests.at(-1)).toBe("GET /release.zip");
  });

  test("and sends less than it says is asked for the rest", async () => {
    const short = raw(
      `HTTP/1.1 200 OK\nContent-Length: 300000\nETag: "v1"\nConnection: close\n\n`,
      BYTES.subarray(0, 1000),
    );
    const server = await serveReleases({ "/release.zip": [short, file(BYTES)] });
    expectFile(await download(`${server.base}/release.zip`, tempFolder(), options()), BYTES);
  });

  test("and sends more than it says gives what it said, which the hash then judges", async () => {
    const long = raw(`HTTP/1.1 200 OK\nContent-Length: 1000\nConnection: close\n\n`, BYTES);
    const server = await serveReleases({ "/release.zip": long });
    const path = await download(`${server.base}/release.zip`, tempFolder(), options());
    expectFile(path, BYTES.subarray(0, 1000));
  });

  test("that a terabyte is coming is refused", async () => {
    const server = await serveReleases({
      "/release.zip": raw(`HTTP/1.1 200 OK\nContent-Length: 1000000000000\n\n`, BYTES),
    });
    await expect(download(`${server.base}/release.zip`, tempFolder(), options())).rejects.toThrow(
      "more than any release has",
    );
  });

  test("in falling silent is not waited for", async () => {
    const server = await serveReleases({ "/release.zip": [halting(BYTES, 100_000), file(BYTES)] });
    expectFile(await download(`${server.base}/release.zip`, tempFolder(), options({ idleMs: 500 })), BYTES);
  });
});

test("redirects are followed, and the rest is asked for at the first address again", async () => {
  const server = await serveReleases({
    "/release.zip": redirect("/store/1?signature=x"),
    "/store/1?signature=x": [halting(BYTES, 100_000), file(BYTES)],
  });
  const onProgress = (bytes: number) => void (bytes === 100_000 && server.hangUp());
  expectFile(await download(`${server.base}/release.zip`, tempFolder(), options({ onProgress })), BYTES);
  expect(server.requests).toEqual([
    "GET /release.zip",
    "GET /store/1?signature=x",
    "GET /release.zip bytes=100000-",
    "GET /store/1?signature=x bytes=100000-",
  ]);
});

test.each([
  ["a web page", page("<h1>Log in</h1>"), "a web page (text/html), no file; check the address"],
  ["that there is none", status(404), "the server answered 404; check the version"],
  ["a circle", redirect("/release.zip"), "sends us in a circle"],
])("a server that answers %s is told of, and nothing is kept", async (_what, answer, message) => {
  const server = await serveReleases({ "/release.zip": answer });
  const folder = tempFolder();
  await expect(download(`${server.base}/release.zip`, folder, options())).rejects.toThrow(message);
  expect(readdirSync(folder)).toEqual([]);
});

test("no server at all is told of, with the address", async () => {
  await expect(download("http://127.0.0.1:1/release.zip", tempFolder(), options())).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:1\/release\.zip: .*6 times; try again later$/,
  );
});

test("bytes without a note of whose they are do not count", async () => {
  const server = await serveReleases({ "/release.zip": file(BYTES) });
  const folder = tempFolder();
  const path = await download(`${server.base}/release.zip`, tempFolder(), options());
  writeFileSync(join(folder, `${path.split("/").at(-1)}.part`), text("something else"));
  expectFile(await download(`${server.base}/release.zip`, folder, options()), BYTES);
});

test("it ends when it is told to", async () => {
  const server = await serveReleases({ "/release.zip": halting(BYTES, 1000) });
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  await expect(
    download(`${server.base}/release.zip`, tempFolder(), options({ signal: controller.signal, onProgress })),
  ).rejects.toThrow();
});
