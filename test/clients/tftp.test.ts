import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Namespace } from "../../src/lab/namespace.ts";
import type { Program } from "../../src/lab/program.ts";
import { createNetwork, type Network } from "../support/cables.ts";
import { createLossyNetwork, type LossyNetwork } from "../support/lossy-network.ts";
import { patternBytes } from "../support/memory-shelf.ts";
import { lacks } from "../support/needs.ts";
import { attackTftp } from "../support/tftp-attack.ts";
import { GENERATION } from "../support/worlds.ts";

/** How each client is told to fetch `remote` into `local`. The npm package is the second TFTP written in JavaScript. */
type ClientCommand = (to: {
  host: string;
  port: number;
  remote: string;
  local: string;
}) => readonly [string, ...string[]];

const npmClient =
  (blockSize: number, windowSize: number): ClientCommand =>
  ({ host, port, remote, local }) => [
    process.execPath,
    join(import.meta.dirname, "../support/npm-tftp-get.ts"),
    ...[host, `${port}`, remote, local, `${blockSize}`, `${windowSize}`, "10", "2000"],
  ];

const CLIENTS: Readonly<Record<string, ClientCommand>> = {
  "tftp-hpa": ({ host, port, remote, local }) => [
    "tftp",
    ...["-m", "binary", host, `${port}`, "-c", "get", remote, local],
  ],
  "tftp-hpa in netascii": ({ host, port, remote, local }) => [
    "tftp",
    ...["-m", "netascii", host, `${port}`, "-c", "get", remote, local],
  ],
  "atftp with windowsize 8": ({ host, port, remote, local }) => [
    "atftp",
    ...["--option", "blksize 1468", "--option", "windowsize 8"],
    ...["-g", "-r", remote, "-l", local, host, `${port}`],
  ],
  "atftp with windowsize 64": ({ host, port, remote, local }) => [
    "atftp",
    ...["--option", "blksize 1428", "--option", "windowsize 64", "--option", "tsize 0"],
    ...["-g", "-r", remote, "-l", local, host, `${port}`],
  ],
  curl: ({ host, port, remote, local }) => [
    "curl",
    ...["-sS", "--tftp-blksize", "1468", "-o", local, `tftp://${host}:${port}/${remote}`],
  ],
  "curl without options": ({ host, port, remote, local }) => [
    "curl",
    ...["-sS", "--tftp-no-options", "-o", local, `tftp://${host}:${port}/${remote}`],
  ],
  busybox: ({ host, port, remote, local }) => [
    "busybox",
    ...["tftp", "-g", "-b", "1432", "-r", remote, "-l", local, host, `${port}`],
  ],
  "the npm package with windowsize 4": npmClient(1468, 4),
  "the npm package with windowsize 32": npmClient(1024, 32),
};

/** Beside plain ones: empty, of whole blocks of 512, 1432, 1468 and 1024 bytes, and one that rolls over at 512 (T5). */
const SIZES = [0, 1, 511, 512, 1432 * 50, 1468 * 64, 1024 * 96, 1_000_001, 34_000_000] as const;

const work = mkdtempSync(join(tmpdir(), "mayfly-tftp-"));
const media = join(work, "media");
const serveScript = join(import.meta.dirname, "../support/tftp-serve.ts");
const fileOf = (size: number) => `${size}.bin`;

beforeAll(() => {
  mkdirSync(media);
  for (const size of SIZES) writeFileSync(join(media, fileOf(size)), patternBytes(size, size + 1));
});
afterAll(() => rmSync(work, { recursive: true }));

async function startServer(at: Namespace, address: string, port = 0) {
  const program = await at.start([process.execPath, serveScript, media, address, `${port}`]);
  const [, bound] = await program.waitFor(/^\{"port":(\d+)\}$/m, 10_000);
  return { program, port: Number(bound) };
}

interface Outcome {
  readonly code: number | undefined;
  /** Of a client that failed. */
  readonly output: string;
}

const DONE: Outcome = { code: 0, output: "" };

/** Lets a client fetch a file, and ends it after `boundMs`. */
async function fetchBy(
  name: string,
  at: Namespace,
  to: Parameters<ClientCommand>[0],
  boundMs: number,
): Promise<Outcome> {
  const client = CLIENTS[name];
  if (client === undefined) throw new Error(`no client ${name}`);
  const program = await at.start(client(to));
  const giveUp = setTimeout(() => void program.stop(), boundMs);
  const { code } = await program.ended;
  clearTimeout(giveUp);
  return { code, output: code === 0 ? "" : program.text() };
}

function expectSameBytes(local: string, size: number): void {
  expect(Buffer.compare(readFileSync(local), readFileSync(join(media, fileOf(size))))).toBe(0);
}

const CLIENT_TRIES = 3;

/**
 * Runs a client as firmware runs its own: again when it gives up. atftp does so when its first ACK is
 * lost, since it takes the OACK that then comes again for an error ("unexpected OACK").
 */
async function fetchUntilDone(
  name: string,
  at: Namespace,
  to: Parameters<ClientCommand>[0],
): Promise<Outcome> {
  let outcome = await fetchBy(name, at, to, 90_000);
  for (let tries = 1; tries < CLIENT_TRIES && outcome.code !== 0; tries++) {
    outcome = await fetchBy(name, at, to, 90_000);
  }
  return outcome;
}

const bugs = (program: Program): number => program.text().match(/^\{"type":"bug"/gm)?.length ?? 0;

describe.skipIf(lacks("lan", "tftp", "atftp", "curl", "busybox"))("real clients over loopback", () => {
  let network: Network;
  let place: Namespace;
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    network = await createNetwork();
    place = await network.namespace("both");
    server = await startServer(place, "127.0.0.1");
  });
  afterAll(() => network?.close());

  // curl believes the size 0 in the OACK and leaves without a word, with an error of its own.
  const senseless = (name: string, size: number) =>
    (name === "curl" && size === 0) || (/netascii/.test(name) && size > 4_000_000);
  const cases = Object.keys(CLIENTS).flatMap((name) =>
    SIZES.filter((size) => !senseless(name, size)).map((size) => ({ name, size })),
  );
  test.each(cases)("$name gets $size bytes unchanged", async ({ name, size }) => {
    const local = join(work, `loopback-${name.replaceAll(" ", "-")}-${size}`);
    // Not every client makes a file of an empty answer.
    writeFileSync(local, "");
    const remote = `media/${GENERATION.id}/${fileOf(size)}`;
    const to = { host: "127.0.0.1", port: server.port, remote, local };
    expect(await fetchBy(name, place, to, 120_000)).toEqual(DONE);
    expectSameBytes(local, size);
    rmSync(local);
  });

  test("200 clients at once all get the same file unchanged", async () => {
    const size = 1_000_001;
    const remote = `media/${GENERATION.id}/${fileOf(size)}`;
    const before = bugs(server.program);
    const fetches = Array.from({ length: 200 }, async (_, i) => {
      const local = join(work, `crowd-${i}`);
      const name = i % 2 === 0 ? "busybox" : "atftp with windowsize 8";
      const to = { host: "127.0.0.1", port: server.port, remote, local };
      expect({ i, ...(await fetchBy(name, place, to, 120_000)) }).toEqual({ i, ...DONE });
      expectSameBytes(local, size);
      rmSync(local);
    });
    await Promise.all(fetches);
    expect(bugs(server.program)).toBe(before);
  });
});

describe.skipIf(lacks("lan", "tftp", "atftp", "curl", "busybox", "nft"))(
  "real clients over a wire that loses one packet in twenty in each direction",
  () => {
    let network: LossyNetwork;
    beforeAll(async () => {
      network = await createLossyNetwork(5);
      await startServer(network.server, network.serverAddress, 69);
    });
    afterAll(() => network?.close());

    // With one block at a time each loss costs a second, or the 6 s that curl asks for by its option:
    // files that are large enough to lose some packets, and no larger.
    test.concurrent.each([
      ["tftp-hpa", 1432 * 50],
      ["tftp-hpa in netascii", 512],
      ["atftp with windowsize 8", 1_000_001],
      ["atftp with windowsize 64", 1_000_001],
      ["curl", 512],
      ["curl without options", 1432 * 50],
      ["busybox", 1468 * 64],
      ["the npm package with windowsize 4", 1468 * 64],
      ["the npm package with windowsize 32", 1_000_001],
    ])("%s gets %i bytes unchanged", async (name, size) => {
      const local = join(work, `lossy-${name.replaceAll(" ", "-")}-${size}`);
      const remote = `media/${GENERATION.id}/${fileOf(size)}`;
      const to = { host: network.serverAddress, port: 69, remote, local };
      expect(await fetchUntilDone(name, network.client, to)).toEqual(DONE);
      expectSameBytes(local, size);
    });
  },
);

test.skipIf(lacks("lan", "atftp", "nft"))(
  "where the interface cannot cut a window into packets, they leave one by one, and all arrive",
  async () => {
    // The server is told 1500: the blocks that it agrees to are too large for the kernel to cut.
    const network = await createLossyNetwork(0, 1000);
    try {
      await startServer(network.server, network.serverAddress, 69);
      const [size, local] = [1_000_001, join(work, "narrow")];
      const remote = `media/${GENERATION.id}/${fileOf(size)}`;
      const to = { host: network.serverAddress, port: 69, remote, local };
      expect(await fetchBy("atftp with windowsize 8", network.client, to, 60_000)).toEqual(DONE);
      expectSameBytes(local, size);
    } finally {
      await network.close();
    }
  },
);

test("100,000 random and mutated datagrams, to the port and to transfers under way, stop nothing", async () => {
  const { log, servesStill } = await attackTftp(100_000);
  expect(servesStill).toBe(true);
  expect(log.of("bug")).toEqual([]);
  expect(log.of("malformed").length).toBeGreaterThan(10_000);
  expect(log.of("transfer-ended").length).toBe(log.of("transfer-started").length);
});
