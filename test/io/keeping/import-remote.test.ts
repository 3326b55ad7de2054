import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createReaderShare, readImage } from "../../../src/io/images/image-reader.ts";
import { createLimiter } from "../../../src/io/images/limiter.ts";
import { createPromptFiles } from "../../../src/io/images/prompt-files.ts";
import { ImportError } from "../../../src/io/keeping/archive-error.ts";
import { createImageStore, type ImageStore } from "../../../src/io/keeping/image-store.ts";
import { importImage } from "../../../src/io/keeping/import-image.ts";
import { kexecBoot } from "../../support/image-folders.ts";
import { tarFile } from "../../support/tar-file.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const share = createReaderShare(createLimiter(4), createPromptFiles());
const read = (path: string) => readImage(path, share);
/** Ssh hands the words after the host to a shell on the other side. */
const HERE = 'for last; do :; done; sh -c "$last"';

let folder: string;
let store: ImageStore;
let image: string;

beforeEach(() => {
  folder = tempFolder();
  store = createImageStore({
    ...{ parent: join(folder, "state"), maxBytes: () => 1e9, linked: async () => new Set(), read },
  });
  image = join(folder, "it's an image");
  mkdirSync(image);
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "kernel"), "kernel");
  // As a nix result has them: two links that lead to one file.
  symlinkSync("../kernel", join(image, "bzImage"));
  symlinkSync("../kernel", join(image, "kernel"));
  writeFileSync(join(image, "initrd.zst"), "initrd ".repeat(50_000));
});
afterEach(() => void vi.unstubAllEnvs());

const kexecTree = () => writeFileSync(join(image, "kexec-boot"), kexecBoot("initrd.zst", "quiet"));

/** Puts a script in ssh's place. */
function ssh(script: string): void {
  writeFileSync(join(folder, "bin/ssh"), `#!/bin/sh\nprintf '%s\\n' "$@" >${folder}/args\n${script}\n`);
  chmodSync(join(folder, "bin/ssh"), 0o755);
  vi.stubEnv("PATH", `${join(folder, "bin")}:${process.env.PATH}`);
}

function take(source: string, signal = new AbortController().signal, sha256?: string) {
  const options = {
    ...{ store, read, signal, downloads: join(folder, "downloads"), onProgress: () => {} },
    needed: async () => new Set<string>(),
  };
  return importImage(source, sha256 === undefined ? options : { ...options, sha256 });
}

const inStore = () =>
  existsSync(store.folder) ? readdirSync(store.folder).filter((name) => name !== ".files") : [];
const address = () => `ssh://root@builder:2222${encodeURI(image)}`;

describe("a remote folder, with a program in ssh's place that runs the command on this machine,", () => {
  test("is the same image as the folder itself, with the files that its links lead to", async () => {
    kexecTree();
    ssh(HERE);
    const { id, path } = await take(address());
    expect(readFileSync(join(path, "bzImage"), "utf8")).toBe("kernel");
    expect(readFileSync(join(folder, "args"), "utf8")).toMatch(
      /^-T\n(.*\n)*-l\nroot\n-p\n2222\n--\nbuilder\n/,
    );
    expect(await take(`builder:${image}`)).toMatchObject({ id, wasThere: true });
    const plain = join(folder, "plain");
    expect(spawnSync("cp", ["-rL", image, plain]).status).toBe(0);
    expect(await take(plain)).toMatchObject({ id, wasThere: true });
    expect(inStore()).toEqual([id]);
  });

  test("keeps the link that says where its system is, which leads to nothing here", async () => {
    const init = `/nix/store/${"a".repeat(32)}-nixos-system/init`;
    writeFileSync(join(image, "kernel-params"), "quiet");
    symlinkSync(init, join(image, "init"));
    ssh(HERE);
    const { path, image: found } = await take(address());
    expect(readlinkSync(join(path, "init"))).toBe(init);
    expect(found.image.kernelParams).toBe(`init=${init} quiet`);
  });

  test("is refused where it is not there, with what tar said", async () => {
    ssh(HERE);
    await expect(take("ssh://builder/nowhere/at/all")).rejects.toThrow(
      /tar on builder ended with 2: .*\/nowhere\/at\/all: .*No such file/,
    );
    expect(inStore()).toEqual([]);
  });

  test("is refused where it lost a file's target, though all else came", async () => {
    kexecTree();
    symlinkSync("gone", join(image, "dangling"));
    ssh(HERE);
    await expect(take(address())).rejects.toThrow(/tar on builder ended with [12]: .*dangling/);
    expect(inStore()).toEqual([]);
  });

  test.each([
    [0, /it ends in the middle of/],
    [255, /ssh did not get through: Connection closed; 'ssh builder' has to work/],
  ])("of which half comes, then status %i, leaves nothing", async (status, message) => {
    kexecTree();
    ssh(`{ ${HERE}; } 2>&- | head -c 100000; echo Connection closed >&2; exit ${status}`);
    await expect(take(address())).rejects.toThrow(message);
    expect(inStore()).toEqual([]);
  });
});

describe("what is in ssh's place", () => {
  test("and ends with 255 is quoted by its last lines", async () => {
    ssh("echo one >&2; printf 'Host key verification failed.\\033[1m\\r\\n' >&2; exit 255");
    const importing = take(address());
    await expect(importing).rejects.toBeInstanceOf(ImportError);
    await expect(importing).rejects.toThrow(
      /get through: one \| Host key verification failed\.\?\[1m; 'ssh builder'/,
    );
    expect(inStore()).toEqual([]);
  });

  test("and sends a hostile archive is refused at once, though it never ends", async () => {
    writeFileSync(join(folder, "a.tar"), tarFile([{ name: "../escaped", data: "x" }]));
    ssh(`echo; cat ${folder}/a.tar; exec cat /dev/zero`);
    await expect(take(address())).rejects.toThrow(/'..\/escaped' leads out of it/);
    expect(existsSync(join(folder, "state/escaped"))).toBe(false);
    expect(inStore()).toEqual([]);
  });

  test("and greets before it does its work is told so", async () => {
    ssh(`echo Welcome; ${HERE}`);
    await expect(take(address())).rejects.toThrow(
      /'Welcome', not into \/nix\/store \(or that is what the login/,
    );
  });

  test("and never answers is ended with the import", async () => {
    ssh(`echo; : >${folder}/started; exec cat /dev/zero`);
    const stop = new AbortController();
    const importing = take(address(), stop.signal);
    const isRefused = expect(importing).rejects.toThrow(/aborted/);
    await vi.waitFor(() => expect(existsSync(join(folder, "started"))).toBe(true), 10_000);
    stop.abort();
    await isRefused;
    expect(inStore()).toEqual([]);
  });

  test("is nothing: the message says what to install", async () => {
    vi.stubEnv("PATH", join(folder, "bin"));
    await expect(take(address())).rejects.toThrow(/ssh cannot be run \(.*ENOENT\): install OpenSSH's client/);
    expect(inStore()).toEqual([]);
  });

  test("is not started for what is no host, or with a SHA-256", async () => {
    ssh("exit 255");
    await expect(take("ssh://-oProxyCommand=x/a")).rejects.toThrow(/is not the name/);
    const { signal } = new AbortController();
    await expect(take(address(), signal, "0".repeat(64))).rejects.toThrow(/a folder has no SHA-256/);
    expect(existsSync(join(folder, "args"))).toBe(false);
  });
});
