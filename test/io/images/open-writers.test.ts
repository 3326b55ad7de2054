import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { type Images, startImages } from "../../../src/io/images/images.ts";
import { createWriterProbe, refuseWritten, type Writing } from "../../../src/io/images/open-writers.ts";
import { createFilePool, type FoundFile, stampOfFile } from "../../../src/io/images/shared-file.ts";
import { createWorld } from "../../../src/io/world.ts";
import { type Media, makeMedia, nextEvent } from "../../support/media.ts";

let media: Media;
let images: Images | undefined;
afterEach(async () => {
  await images?.close();
  images = undefined;
  media.remove();
});

/** Another process that overwrites a file with half of its new content, and pauses. */
async function startWriter(path: string): Promise<{ finish(): Promise<void> }> {
  const script = 'exec 3>"$1"; printf half >&3; echo paused; read go; printf ", and the rest" >&3';
  const writer: ChildProcess = spawn("sh", ["-c", script, "sh", path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void writer.kill());
  if (writer.stdout === null) throw new Error("the writer has no output");
  await once(writer.stdout, "data");
  return {
    async finish() {
      const over = once(writer, "exit");
      writer.stdin?.end("go\n");
      await over;
    },
  };
}

test("an initrd whose copying pauses is not published: what was there before stays until it is whole", async () => {
  media = makeMedia();
  const world = createWorld();
  const settings = { stillMs: 60, graceMs: 150, restlessMs: 500, recheckMs: 3_600_000 };
  const folder = media.write(join(media.hosts, "beta"), { bzImage: "kernel", initrd: "good" });
  images = startImages({ world, hostsFolder: media.hosts, settings });
  await images.ready;
  const current = () => world.snapshot().images.get("beta")?.current;
  const good = current();
  expect(good).toBeDefined();

  const published: string[] = [];
  world.subscribe((event) => {
    if (event.type === "published") published.push(event.generation.id);
  });
  const told = nextEvent(world, "trouble", ({ image }) => image === "beta");
  const writer = await startWriter(join(folder, "initrd"));
  expect((await told).reason).toBe(
    `${folder}/initrd is still open for writing: it is served once whoever writes it is done`,
  );
  expect([published, current()]).toEqual([[], good]);

  const whole = nextEvent(world, "published", ({ image }) => image === "beta");
  await writer.finish();
  const { generation } = await whole;
  const text = readFileSync(join(folder, "initrd"), "utf8");
  expect([text, generation.files.get("initrd")]).toEqual(["half, and the rest", text.length]);
  expect(published).toEqual([generation.id]);
});

/** An initrd of a plain folder, opened as it is for publishing; `stamp` as if it had been found so. */
async function openInitrd() {
  media = makeMedia();
  const path = join(media.write(join(media.hosts, "beta"), { initrd: "initrd" }), "initrd");
  const pool = createFilePool();
  const file = await pool.open(path, false);
  onTestFinished(() => pool.letGo(file));
  const found: FoundFile = { path, stamp: await stampOfFile(file), isImmutable: false };
  const refuse = (writing: Writing, passedMs: number) =>
    refuseWritten(
      { found: { files: new Map([["initrd", found]]) }, files: new Map([["initrd", file]]) },
      async () => writing,
      Number(found.stamp.ctimeNs / 1_000_000n) + passedMs,
    );
  return { path, file, refuse };
}

test("who writes a file is seen while it is open, and no lease of ours is left on it", async () => {
  const { path, file } = await openInitrd();
  const probe = createWriterProbe();
  const inode = String((await stampOfFile(file)).ino);
  expect(await probe(file)).toBe<Writing>("nobody");
  const writer = await startWriter(path);
  expect(await probe(file)).toBe<Writing>("somebody");
  await writer.finish();
  expect(await probe(file)).toBe<Writing>("nobody");
  const leases = readFileSync("/proc/locks", "utf8")
    .split("\n")
    .filter((line) => line.includes("LEASE"));
  expect(leases.filter((line) => line.includes(`:${inode} `))).toEqual([]);
});

test("where nobody can tell who writes, a file that changed within three seconds is refused", async () => {
  const { path, refuse } = await openInitrd();
  await expect(refuse("unknown", 2500)).rejects.toThrow(`${path} changed a moment ago`);
  await refuse("unknown", 3500);
  // The clock of a file server may be ahead of ours.
  await refuse("unknown", -60_000);
  await refuse("nobody", 0);
  await expect(refuse("somebody", 3_600_000)).rejects.toThrow(`${path} is still open for writing`);
});

test("a file that was written to since it was found is refused, although its writer is done", async () => {
  const { path, refuse } = await openInitrd();
  appendFileSync(path, ", and more");
  await expect(refuse("nobody", 0)).rejects.toThrow(`${path} changed while it was opened`);
});
