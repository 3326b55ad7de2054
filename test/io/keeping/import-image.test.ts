import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createReaderShare, readImage } from "../../../src/io/images/image-reader.ts";
import { createLimiter } from "../../../src/io/images/limiter.ts";
import { createPromptFiles } from "../../../src/io/images/prompt-files.ts";
import { ImportError } from "../../../src/io/keeping/archive-error.ts";
import { createImageStore, type ImageStore } from "../../../src/io/keeping/image-store.ts";
import { importImage } from "../../../src/io/keeping/import-image.ts";
import { linkImage } from "../../../src/io/keeping/link-image.ts";
import { discBytes } from "../../support/disc-bytes.ts";
import { type Contents, kexecBoot } from "../../support/image-folders.ts";
import { type TarEntry, tarFile } from "../../support/tar-file.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { type ZipEntry, zipFile } from "../../support/zip-file.ts";

let folder: string;
let store: ImageStore;
let maxBytes: number;

const share = createReaderShare(createLimiter(4), createPromptFiles());
const read = (path: string) => readImage(path, share);

beforeEach(() => {
  folder = tempFolder();
  maxBytes = 1e9;
  store = openStore();
});

function openStore(): ImageStore {
  return createImageStore({
    parent: join(folder, "state"),
    maxBytes: () => maxBytes,
    linked: async () => new Set(),
    read,
  });
}

function image(version: string, kernel = "kernel"): Contents {
  return {
    bzImage: kernel,
    "initrd.zst": `initrd ${version}`.repeat(100),
    "kexec-boot": kexecBoot("initrd.zst", "quiet"),
  };
}

function write(name: string, contents: Contents): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(contents)) writeFileSync(join(path, file), text);
  return path;
}

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

function take(source: string, sha256?: string) {
  const options = {
    store,
    read,
    needed: async () => new Set<string>(),
    downloads: join(folder, "downloads"),
    signal: new AbortController().signal,
    onProgress: () => {},
  };
  return importImage(source, sha256 === undefined ? options : { ...options, sha256 });
}

/** What lies in the store, but for the pool. */
const inStore = () =>
  existsSync(store.folder) ? readdirSync(store.folder).filter((name) => name !== ".files") : [];

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { cwd: folder });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

describe("an image that is imported", () => {
  test("from a folder is kept under the digest of what it holds, and cannot be written", async () => {
    const { id, path } = await take(write("image", image("v1")));
    expect(id).toMatch(/^d-[0-9a-f]{32}$/);
    expect(path).toBe(join(store.folder, id));
    expect(readFileSync(join(path, "initrd.zst"), "utf8")).toBe(image("v1")["initrd.zst"]);
    expect(statSync(join(path, "bzImage")).mode & 0o777).toBe(0o444);
    expect(await store.report(true)).toMatchObject([{ id, problems: [], source: join(folder, "image") }]);
  });

  test("is served under its own id, and is never read anew", async () => {
    const { id, path } = await take(write("image", image("v1")));
    expect(await read(path)).toMatchObject({
      type: "complete",
      store: { owner: "mayfly", name: id },
      facts: path,
    });
  });

  test("is not changed when the folder that it came from is overwritten in place", async () => {
    const from = write("image", image("v1"));
    const { path } = await take(from);
    write("image", image("v2"));
    expect(readFileSync(join(path, "initrd.zst"), "utf8")).toBe(image("v1")["initrd.zst"]);
  });

  test.each([
    ["tar", ["-cf", "a.tar"]],
    ["tar.gz", ["-czf", "a.tar.gz"]],
    ["tar.xz", ["-cJf", "a.tar.xz"]],
    ["tar.zst", ["--zstd", "-cf", "a.tar.zst"]],
  ])("from a %s is the same as from its folder", async (end, args) => {
    const { id } = await take(write("image", image("v1")));
    run("tar", ...args, "image");
    const again = await take(join(folder, `a.${end}`));
    expect(again).toMatchObject({ id, wasThere: true });
    expect(inStore()).toEqual([id]);
  });

  test("from a zip is the same as from its folder", async () => {
    const { id } = await take(write("image", image("v1")));
    const entries = Object.entries(image("v1")).map(([name, text]) => ({ name, bytes: Buffer.from(text) }));
    expect((await take(file("a.zip", zipFile(entries)))).id).toBe(id);
  });

  test("keeps the link that says where its system is", async () => {
    const from = write("image", { bzImage: "kernel", initrd: "initrd", "kernel-params": "quiet" });
    const init = `/nix/store/${"a".repeat(32)}-nixos-system/init`;
    symlinkSync(init, join(from, "init"));
    run("tar", "-cf", "a.tar", "-C", "image", ".");
    for (const source of [from, join(folder, "a.tar")]) {
      const { path, image: found } = await take(source);
      expect(readlinkSync(join(path, "init"))).toBe(init);
      expect(found.image.kernelParams).toBe(`init=${init} quiet`);
    }
  });

  test("from a NixOS disc is kept once, and the kernel and the initrd on it are found in the copy", async () => {
    const disc = discBytes({
      "EFI/boot/grub.cfg": "linux /boot/k init=/nix/store/x/init root=LABEL=a\ninitrd /boot/i\n",
      "boot/k": "kernel",
      "boot/i": "initrd",
    });
    const path = join(folder, "disc");
    mkdirSync(path);
    writeFileSync(join(path, "nixos.iso"), disc);
    const taken = await take(path);
    expect(readdirSync(taken.path).filter((name) => !name.startsWith("."))).toEqual(["nixos.iso"]);
    expect(await read(taken.path)).toMatchObject({ image: { kernel: "nixos.iso.linux/bzImage" } });
    expect(await store.report(true)).toMatchObject([{ id: taken.id, problems: [] }]);
  });

  test("shares with another one what is the same in both", async () => {
    const [first, second] = [await take(write("a", image("v1"))), await take(write("b", image("v2")))];
    const inodes = [first, second].map(({ path }) => statSync(join(path, "bzImage")).ino);
    expect(inodes[0]).toBe(inodes[1]);
    await store.remove(first.id);
    expect(readFileSync(join(second.path, "bzImage"), "utf8")).toBe("kernel");
    await store.remove(second.id);
    expect(readdirSync(join(store.folder, ".files"))).toEqual([]);
  });

  test("is a host's from then on, by a link that takes the place of the one before", async () => {
    const hosts = join(folder, "boot-media/hosts");
    const [first, second] = [await take(write("a", image("v1"))), await take(write("b", image("v2")))];
    await linkImage(hosts, "beta", first.path);
    const link = await linkImage(hosts, "beta", second.path);
    expect(readlinkSync(link)).toBe(second.path);
    expect(readdirSync(hosts)).toEqual(["beta"]);
    mkdirSync(join(hosts, "gamma"));
    await expect(linkImage(hosts, "gamma", first.path)).rejects.toThrow(/is no link, and would be lost/);
  });
});

describe("what is refused leaves nothing behind:", () => {
  const KERNEL: TarEntry = { name: "bzImage", data: "kernel" };
  const INITRD: TarEntry = { name: "initrd.zst", data: "initrd" };

  test.each<readonly [string, readonly TarEntry[], RegExp]>([
    [
      "a name that leads out",
      [KERNEL, { name: "../../escaped", data: "x" }],
      /'..\/..\/escaped' leads out of it/,
    ],
    ["a name from the root", [KERNEL, { name: "/tmp/escaped", data: "x" }], /'\/tmp\/escaped' leads out/],
    [
      "a link out",
      [
        { name: "a", type: "2", target: "/etc" },
        { name: "a/b", data: "x" },
      ],
      /'a' is a link to \/etc/,
    ],
    ["a link that is called init", [{ name: "init", type: "2", target: "/etc/passwd" }], /'init' is a link/],
    ["a hard link", [{ name: "a", type: "1", target: "/etc/passwd" }], /'a' is a hard link to \/etc\/passwd/],
    ["a device", [{ name: "sda", type: "4" }], /'sda' is neither a file nor a folder/],
    ["a pipe", [{ name: "pipe", type: "6" }], /'pipe' is neither/],
    ["a file twice", [KERNEL, INITRD, KERNEL], /'bzImage' is in it twice/],
    [
      "a file that is a folder, too",
      [KERNEL, { name: "bzImage/x", data: "x" }],
      /'bzImage\/x' is in it twice/,
    ],
    ["an archive that breaks off", [{ ...KERNEL, sizeBytes: 100_000 }], /it ends in the middle of 'bzImage'/],
    ["no image", [KERNEL], /it is no image: /],
    [
      "very many files",
      Array.from({ length: 4097 }, (_, i) => ({ name: `f${i}`, data: "" })),
      /more than 4096 entries/,
    ],
    ["a name without end", [{ name: "x", type: "L", sizeBytes: 1e9 }], /longer than any name/],
    ["properties that are none", [{ name: "x", type: "x", data: "nonsense" }], /pax record is malformed/],
  ])("%s", async (_what, entries, message) => {
    const path = file("hostile.tar", tarFile(entries));
    await expect(take(path)).rejects.toThrow(message);
    await expect(take(path)).rejects.toBeInstanceOf(ImportError);
    expect(inStore()).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(["hostile.tar", "state"]);
  });

  const ZIP = { name: "bzImage", bytes: new Uint8Array(100) };

  test.each<readonly [string, ZipEntry, RegExp]>([
    [
      "a name that leads out of a zip",
      { ...ZIP, name: "../escaped" },
      /the zip is damaged, or leads out of itself/,
    ],
    ["a link in a zip", { ...ZIP, mode: 0o120777 }, /'bzImage' is a link/],
    ["an encrypted file in a zip", { ...ZIP, claims: { flags: 1 } }, /'bzImage' is encrypted/],
    ["a file in a zip that is larger than it says", { ...ZIP, claims: { sizeBytes: 10 } }, /damaged/],
    ["a damaged file in a zip", { ...ZIP, claims: { crc: 1 } }, /its checksum is wrong/],
  ])("%s", async (_what, entry, message) => {
    const path = file("hostile.zip", zipFile([entry]));
    await expect(take(path)).rejects.toThrow(message);
    await expect(take(path)).rejects.toBeInstanceOf(ImportError);
    expect(inStore()).toEqual([]);
  });

  test("a link that files would be written through, made last and to nowhere else", async () => {
    const init = `/nix/store/${"a".repeat(32)}-system/init`;
    const entries = [
      { name: "init", type: "2", target: init },
      { name: "init/x", data: "x" },
      KERNEL,
      INITRD,
    ];
    await expect(take(file("hostile.tar", tarFile(entries)))).rejects.toThrow(/'init' is in it twice/);
    expect(inStore()).toEqual([]);
  });

  test("a bomb, before it has taken more room than there is", async () => {
    maxBytes = 1_000_000;
    const name = file("initrd", new Uint8Array(50_000_000));
    run("tar", "-czf", "bomb.tar.gz", "initrd");
    expect(statSync(join(folder, "bomb.tar.gz")).size).toBeLessThan(100_000);
    await expect(take(join(folder, "bomb.tar.gz"))).rejects.toThrow(
      /more than the 0.0 GB that there is room for/,
    );
    expect(inStore()).toEqual([]);
    expect(existsSync(name)).toBe(true);
  });

  test.each(["gz", "xz", "zst"])("a .%s that is damaged", async (end) => {
    write("image", image("v1"));
    run(
      "tar",
      ...(end === "zst" ? ["--zstd"] : [end === "gz" ? "-z" : "-J"]),
      "-cf",
      `a.tar.${end}`,
      "image",
    );
    const bytes = readFileSync(join(folder, `a.tar.${end}`));
    await expect(
      take(file(`cut.tar.${end}`, bytes.subarray(0, Math.floor(bytes.length / 2)))),
    ).rejects.toBeInstanceOf(ImportError);
    bytes.fill(0x55, Math.floor(bytes.length / 2));
    await expect(take(file(`bad.tar.${end}`, bytes))).rejects.toBeInstanceOf(ImportError);
    expect(inStore()).toEqual([]);
  });

  test("what is nothing, or nothing that is known", async () => {
    await expect(take(join(folder, "nowhere"))).rejects.toThrow(/nothing is there/);
    await expect(take(file("text", new TextEncoder().encode("hello")))).rejects.toThrow(
      /neither a tar archive .* nor a zip/,
    );
    await expect(take(write("empty", {}))).rejects.toThrow(/it is no image/);
  });

  test("an archive whose SHA-256 is another one", async () => {
    const path = file("a.tar", tarFile([KERNEL, INITRD]));
    await expect(take(path, "0".repeat(64))).rejects.toThrow(/its SHA-256 is .{64}, and 0{64} is wanted/);
    expect(inStore()).toEqual([]);
    const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
    expect((await take(path, digest.toUpperCase())).id).toMatch(/^d-/);
  });

  test("an image for which there is no room, and what is there stays", async () => {
    const { id } = await take(write("a", image("v1")));
    maxBytes = 1500;
    await expect(take(write("b", image("v2")))).rejects.toThrow(/'storeMaxGigabytes' allows 0.000 GB/);
    expect(await store.report(true)).toMatchObject([{ id, problems: [] }]);
    expect(inStore()).toEqual([id]);
  });
});

describe("an address", () => {
  let server: Server;
  afterEach(() => void server.close());

  test("is fetched, checked and imported; the download does not stay", async () => {
    write("image", image("v1"));
    run("tar", "-czf", "a.tar.gz", "image");
    const bytes = readFileSync(join(folder, "a.tar.gz"));
    server = createServer((_request, response) => response.end(bytes)).listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/a.tar.gz`;
    await expect(take(url, "0".repeat(64))).rejects.toThrow(`${url}: its SHA-256 is`);
    const { id } = await take(url, createHash("sha256").update(bytes).digest("hex"));
    expect(inStore()).toEqual([id]);
    expect(readdirSync(join(folder, "downloads"))).toEqual([]);
    maxBytes = 10;
    await expect(take(url)).rejects.toThrow(/more than there is room for/);
  });
});

describe("the store", () => {
  test("finds what was changed, cut off or lost since", async () => {
    const { id, path } = await take(write("a", image("v1")));
    chmodSync(join(path, "initrd.zst"), 0o644);
    writeFileSync(join(path, "initrd.zst"), (image("v1")["initrd.zst"] ?? "").replace("v1", "v2"));
    expect(await store.report(false)).toMatchObject([{ problems: [] }]);
    expect(await store.report(true)).toMatchObject([
      { problems: ["initrd.zst is not what it was: its SHA-256 differs"] },
    ]);
    writeFileSync(join(path, "initrd.zst"), "");
    expect((await store.report(true))[0]?.problems).toEqual([
      expect.stringMatching(/^initrd.zst has 0 bytes and had /),
    ]);
    // Imported again it is whole again.
    expect(await take(join(folder, "a"))).toMatchObject({ id, wasThere: false });
    expect(await store.report(true)).toMatchObject([{ problems: [] }]);
  });

  test("removes what a killed server was about to make, once nobody can be at it", async () => {
    await take(write("a", image("v1")));
    const [old, young] = [join(store.folder, ".tmp-old"), join(store.folder, ".tmp-young")];
    for (const each of [old, young]) mkdirSync(each);
    utimesSync(old, 0, 0);
    await take(write("b", image("v2")));
    expect(existsSync(old)).toBe(false);
    expect(existsSync(young)).toBe(true);
  });

  test("copies nothing that is overwritten while it is copied", async () => {
    const from = write("a", image("v1"));
    const found = await read(from);
    if (found.type === "broken") throw new Error(found.reason);
    writeFileSync(join(from, "initrd.zst"), "another");
    await expect(store.keep(`d-${"0".repeat(32)}`, found, new Set())).rejects.toThrow(
      /changed while it was copied/,
    );
    expect(inStore()).toEqual([]);
  });

  test("gives two who copy the same the same copy", async () => {
    const found = await read(write("a", image("v1")));
    if (found.type === "broken") throw new Error(found.reason);
    const id = `d-${"0".repeat(32)}`;
    const places = await Promise.all([store, openStore()].map((each) => each.keep(id, found, new Set())));
    expect(new Set(places).size).toBe(1);
    expect(inStore()).toEqual([id]);
    expect(await store.report(true)).toMatchObject([{ id, problems: [] }]);
    expect(lstatSync(join(store.folder, id)).isDirectory()).toBe(true);
  });
});
