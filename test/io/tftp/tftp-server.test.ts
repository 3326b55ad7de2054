import { describe, expect, test } from "vitest";
import { type FileShelf, type OpenFile, openBytes, StaleFileError } from "../../../src/io/open-file.ts";
import { memoryShelf, patternBytes } from "../../support/memory-shelf.ts";
import type { ClientOutcome } from "../../support/tftp-client.ts";
import { MEDIA, PROGRAM, rawPeer, rrq, serve } from "../../support/tftp-rig.ts";
import { TRANSFER_SCENARIOS } from "../../support/tftp-scenarios.ts";
import { fetchFile } from "../../support/tftp-socket-client.ts";
import { GENERATION } from "../../support/worlds.ts";

function expectBytes(outcome: ClientOutcome, file: Uint8Array): void {
  if (outcome.type !== "complete") throw new Error(`ended as ${JSON.stringify(outcome)}`);
  expect(Buffer.compare(outcome.bytes, file)).toBe(0);
}

describe("over real sockets the client gets, byte for byte,", () => {
  test.each(TRANSFER_SCENARIOS.filter(({ simulatedOnly }) => simulatedOnly !== true))(
    "$title",
    async ({ sizeBytes, options }) => {
      const file = patternBytes(sizeBytes);
      const { port, log } = await serve({ file });
      expectBytes(await fetchFile(port, { filename: `${MEDIA}/file`, options }), file);
      const ended = await log.wait("transfer-ended");
      expect(ended).toMatchObject({
        result: "complete",
        sentBytes: sizeBytes,
        generation: GENERATION.id,
      });
      expect(log.of("bug")).toEqual([]);
    },
    30_000,
  );

  test("a file of several megabytes, read in many pieces", async () => {
    const file = patternBytes(3_000_000);
    const { port } = await serve({ file });
    const options = [
      { name: "blksize", value: "1468" },
      { name: "windowsize", value: "16" },
    ];
    expectBytes(await fetchFile(port, { filename: `${MEDIA}/file`, options }), file);
  });

  test("the same file as fifty others at once, in different block sizes", async () => {
    const file = patternBytes(400_000);
    const opens: string[] = [];
    const shelf = memoryShelf(new Map([["file", file]]));
    const counting: FileShelf = {
      ...shelf,
      openMedia: (generation, name) => {
        opens.push(name);
        return shelf.openMedia(generation, name);
      },
    };
    const { port, log } = await serve({ file }, counting);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        fetchFile(port, {
          filename: `${MEDIA}/file`,
          options: [
            { name: "blksize", value: `${[512, 1432, 1468][i % 3]}` },
            { name: "windowsize", value: `${1 + (i % 8)}` },
          ],
        }),
      ),
    );
    for (const outcome of outcomes) expectBytes(outcome, file);
    expect(log.of("bug")).toEqual([]);
    expect(opens.length).toBeLessThan(10);
  });

  test("a boot program by its flat name, and the iPXE script in any folder", async () => {
    const program = patternBytes(PROGRAM.sizeBytes);
    const { port, log } = await serve({ [PROGRAM.name]: program });
    expectBytes(await fetchFile(port, { filename: "undionly.kpxe\u00ff" }), program);
    const script = new TextEncoder().encode("#!ipxe\nchain http://127.0.0.1:8080/netboot.ipxe\n");
    expectBytes(await fetchFile(port, { filename: "efi/boot/autoexec.ipxe" }), script);
    expect(log.of("transfer-started").map(({ path }) => path)).toEqual([
      "undionly.kpxe",
      "efi/boot/autoexec.ipxe",
    ]);
  });

  test("netascii, where a client asks for it, with its line ends translated", async () => {
    const { port } = await serve({ text: new TextEncoder().encode("a\nb\r") });
    const outcome = await fetchFile(port, { filename: `${MEDIA}/text`, mode: "netascii" });
    expectBytes(outcome, new TextEncoder().encode("a\r\nb\r\0"));
  });
});

/** A file whose reads fail from `failsAt` on. */
function brokenShelf(bytes: Uint8Array, failsAt: number, failure: () => Error): FileShelf {
  const file = openBytes(bytes);
  const broken: OpenFile = {
    ...file,
    read(into, position) {
      if (position + into.length > failsAt) return Promise.reject(failure());
      return file.read(into, position);
    },
  };
  return { openMedia: async () => broken, openProgram: async () => broken };
}

describe("when the file fails under way", () => {
  const file = patternBytes(1_000_000);
  const options = [{ name: "blksize", value: "1468" }];

  test("a changed image ends as stale, and the client is told to boot again", async () => {
    const shelf = brokenShelf(file, 600_000, () => new StaleFileError("overwritten"));
    const { port, log } = await serve({ file }, shelf);
    const outcome = await fetchFile(port, { filename: `${MEDIA}/file`, options });
    expect(outcome).toMatchObject({ type: "refused", message: expect.stringMatching(/changed.*boot again/) });
    const ended = await log.wait("transfer-ended");
    expect(ended).toMatchObject({ result: "stale" });
    expect(ended.sentBytes).toBeLessThanOrEqual(600_000);
  });

  test("a disk that fails ends as failed", async () => {
    const shelf = brokenShelf(file, 300_000, () =>
      Object.assign(new Error("i/o error, read"), { code: "EIO" }),
    );
    const { port, log } = await serve({ file }, shelf);
    const outcome = await fetchFile(port, { filename: `${MEDIA}/file`, options });
    expect(outcome).toMatchObject({ type: "refused", message: expect.stringContaining("EIO") });
    expect(await log.wait("transfer-ended")).toMatchObject({ result: "failed", reason: "i/o error, read" });
    expect(log.of("bug")).toEqual([]);
  });

  test("a file that became shorter is not padded", async () => {
    const short = openBytes(file.subarray(0, 400_000));
    const lying = { ...short, sizeBytes: file.length };
    const { port, log } = await serve(
      { file },
      { openMedia: async () => lying, openProgram: async () => lying },
    );
    expect(await fetchFile(port, { filename: `${MEDIA}/file`, options })).toMatchObject({ type: "refused" });
    expect(await log.wait("transfer-ended")).toMatchObject({ result: "stale" });
  });
});

describe("the server itself", () => {
  test("closes every file when its transfers are over", async () => {
    let [opened, closed] = [0, 0];
    const file = patternBytes(50_000);
    const shelf: FileShelf = {
      async openMedia() {
        opened++;
        return { ...openBytes(file), close: () => void closed++ };
      },
      openProgram: async () => undefined,
    };
    const { port, server, log } = await serve({ file }, shelf);
    await Promise.all(Array.from({ length: 10 }, () => fetchFile(port, { filename: `${MEDIA}/file` })));
    const idle = await rawPeer();
    idle.send(rrq(`${MEDIA}/file`), port);
    await idle.next();
    await server.close();
    expect(opened).toBeGreaterThan(0);
    expect(closed).toBe(opened);
    // What was under way is told why it ends.
    expect(await idle.next()).toMatchObject({
      packet: { type: "ERROR", message: expect.stringContaining("stopped") },
    });
    expect(log.of("transfer-ended").at(-1)).toMatchObject({
      result: "failed",
      reason: "the server was stopped",
    });
  });

  test("says which address it could not open", async () => {
    const { port } = await serve({});
    const options = { interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }], port };
    await expect(serve({}, undefined, options)).rejects.toThrow(`127.0.0.1:${port}`);
  });

  test("answers from the address that was asked, on each interface", async () => {
    const file = patternBytes(100);
    const interfaces = ["127.0.0.1", "127.0.0.2"].map((self, i) => ({
      interface: `lo${i}`,
      self,
      mtu: 1500,
    }));
    const { server } = await serve({ file }, undefined, { interfaces });
    expect([...server.ports.keys()]).toEqual(["127.0.0.1", "127.0.0.2"]);
  });
});
