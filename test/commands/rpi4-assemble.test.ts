import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type AssembleRequest, assemble } from "../../src/commands/rpi4-assemble.ts";
import { checkRpi4 } from "../../src/commands/rpi4-check.ts";
import type { Report } from "../../src/commands/rpi4-report.ts";
import { file, halting, serveReleases } from "../support/release-server.ts";
import { deviceTree, ipxe, NEW_FIRMWARE_BYTES, text } from "../support/rpi4-files.ts";
import { type Files, overlays, pipxe, uefiRelease, writeFiles, zipOf } from "../support/rpi4-parts.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** A person's working directory, with parts lying about in it. */
function workplace(parts: Readonly<Record<string, Files | Uint8Array>> = {}) {
  const cwd = tempFolder();
  for (const [name, content] of Object.entries(parts)) {
    if (content instanceof Uint8Array) writeFileSync(join(cwd, name), content);
    else writeFiles(join(cwd, name), content);
  }
  const printed: string[] = [];
  const progress: string[] = [];
  const settings = { flags: {}, env: { MAYFLY_IPXE: "" }, cwd };
  const run = (names: readonly string[], changes: Partial<AssembleRequest> = {}) =>
    assemble({
      settings,
      parts: names.map((name) => join(cwd, name)),
      dryRun: false,
      force: false,
      json: false,
      signal: new AbortController().signal,
      print: (line) => void printed.push(line),
      progress: { write: (line) => void progress.push(line) },
      waitFactor: 0,
      ...changes,
    });
  const check = (folder?: string) =>
    checkRpi4({
      settings,
      ...(folder === undefined ? {} : { folder }),
      json: false,
      print: (line) => void printed.push(line),
    });
  return { cwd, run, check, printed, progress, target: join(cwd, "boot-media", "rpi4") };
}

type Workplace = ReturnType<typeof workplace>;

async function reportOf(
  place: Workplace,
  names: readonly string[],
  changes: Partial<AssembleRequest> = {},
): Promise<Report> {
  await place.run(names, { ...changes, json: true });
  return JSON.parse(place.printed.at(-1) ?? "");
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("a zip, a folder and overlays become the folder, with a table that tells where each file is from", async () => {
  const place = workplace({ "uefi.zip": zipOf(uefiRelease()), pxe: pipxe(), overlays: overlays() });
  await place.run(["uefi.zip", "pxe", "overlays"]);
  const table = place.printed.join("\n");
  const source = join(place.cwd, "pxe");
  expect(table).toMatch(
    new RegExp(`^RPI_EFI\\.fd +2031616 +[0-9a-f]{12} +${source}, not .*uefi\\.zip$`, "m"),
  );
  expect(table).toMatch(/^overlays\/miniuart-bt\.dtbo +256 +[0-9a-f]{12} +.*uefi\.zip, not .*overlays$/m);
  expect(table).toMatch(/^efi\/boot\/autoexec\.ipxe of .*pxe is left out: the server makes its own$/m);
  expect(table).toContain(`${place.target} is ready: 19 files, 2.1 MB`);
  expect(readFileSync(join(place.target, "config.txt"))).toEqual(
    Buffer.from(uefiRelease()["config.txt"] ?? []),
  );
  expect(existsSync(join(place.target, "efi/boot/autoexec.ipxe"))).toBe(false);
  await place.check();
  expect(place.printed.at(-1)).toBe(`${place.target}: a Pi 4 can boot from it`);
});

test("the program that the server has for arm64 is taken where no part has one", async () => {
  const place = workplace({ "uefi.zip": zipOf(uefiRelease()) });
  mkdirSync(join(place.cwd, "boot-media", "ipxe"), { recursive: true });
  const program = join(place.cwd, "boot-media", "ipxe", "ipxe-arm64.efi");
  writeFileSync(program, ipxe("server"));
  const report = await reportOf(place, ["uefi.zip"]);
  expect(report.files.find(({ place: name }) => name === "efi/boot/bootaa64.efi")?.source).toBe(program);
  expect(report.findings).toEqual([]);
});

test("what is missing is told with where to get it, and nothing is written", async () => {
  const place = workplace({ overlays: overlays() });
  await expect(place.run(["overlays"])).rejects.toThrow(
    /^a Pi 4 would not boot from it: \d errors \(RPI_EFI\.fd, start4\.elf, .*are missing\); .*rpi4 stays as it is\. --force writes it all the same$/,
  );
  expect(place.printed.join("\n")).toMatch(
    /^error: start4\.elf: it is not there.*https:\/\/github\.com\/pftf\/RPi4\/releases/m,
  );
  expect(existsSync(place.target)).toBe(false);
});

test("a folder that a Pi would not boot from replaces none that it boots from, but for --force", async () => {
  const place = workplace({
    good: uefiRelease(),
    ipxe: { "x.efi": ipxe("x") },
    new: uefiRelease(NEW_FIRMWARE_BYTES),
    pxe: pipxe(),
  });
  await place.run(["good", "ipxe"]);
  const before = readFileSync(join(place.target, "RPI_EFI.fd"));
  await expect(place.run(["new", "pxe"])).rejects.toThrow("one error; ");
  expect(readFileSync(join(place.target, "RPI_EFI.fd")).equals(before)).toBe(true);
  await place.run(["new", "pxe"], { force: true });
  expect(readFileSync(join(place.target, "RPI_EFI.fd")).equals(before)).toBe(false);
  await expect(place.check()).rejects.toThrow("a Pi 4 would not boot from it: one error");
  expect(place.printed.at(-1)).toMatch(/^error: config\.txt:8: .*\[address-pair\]$/);
});

test("--dry-run shows it all and writes nothing", async () => {
  const place = workplace({ release: uefiRelease(), pxe: pipxe() });
  const report = await reportOf(place, ["release", "pxe"], { dryRun: true });
  expect(report).toMatchObject({ written: false, dryRun: true, findings: [] });
  expect(readdirSync(place.cwd).sort()).toEqual(["pxe", "release"]);
});

test("the same parts once more change nothing; other ones keep the folder before beside it", async () => {
  const place = workplace({ release: uefiRelease(), pxe: pipxe(), overlay: overlays() });
  expect(await reportOf(place, ["release", "pxe"])).toMatchObject({ written: true, unchanged: false });
  expect(await reportOf(place, ["release", "pxe"])).toMatchObject({ written: false, unchanged: true });
  const third = await reportOf(place, ["release", "pxe", "overlay"]);
  expect(third).toMatchObject({ written: true, previous: `${place.target}.previous` });
});

test("every part that cannot be used is named at once", async () => {
  const place = workplace({ "a.zip": zipOf(uefiRelease()).subarray(0, 1000), notes: { "x.txt": text("x") } });
  await expect(place.run(["a.zip", "notes", "nope"])).rejects.toThrow(
    /a\.zip: the zip is damaged(.|\n)*notes: read nothing that a Pi boots from(.|\n)*nope: it cannot be read/,
  );
});

test("nothing given is told with what to give", async () => {
  await expect(workplace().run([])).rejects.toThrow("nothing to assemble from; give the UEFI release zip");
});

test("a hostile zip leaves the folder in use untouched", async () => {
  const place = workplace({
    release: uefiRelease(),
    pxe: pipxe(),
    "evil.zip": zipOf({ ...uefiRelease(), "../../evil.txt": text("x") }),
  });
  await place.run(["release", "pxe"]);
  const before = readdirSync(place.cwd, { recursive: true }).sort();
  await expect(place.run(["evil.zip", "pxe"])).rejects.toThrow("leads out of it");
  expect(readdirSync(place.cwd, { recursive: true }).sort()).toEqual(before);
});

test("check names a file that is not the one that was assembled, but no edited config.txt", async () => {
  const place = workplace({ release: uefiRelease(), pxe: pipxe() });
  await place.run(["release", "pxe"]);
  writeFileSync(join(place.target, "overlays/miniuart-bt.dtbo"), deviceTree("copied over it"));
  writeFileSync(
    join(place.target, "config.txt"),
    `${readFileSync(join(place.target, "config.txt"), "utf8")}# mine\n`,
  );
  await place.check();
  expect(place.printed.at(-1)?.split("\n")).toEqual([
    "warning: overlays/miniuart-bt.dtbo: it is not the file that was assembled; assemble the folder anew, unless you meant it [changed-file]",
    `${place.target}: a Pi 4 can boot from it`,
  ]);
});

describe("--download", () => {
  const UEFI = zipOf(uefiRelease());
  const PIPXE = zipOf(pipxe());

  async function servers(answers: Parameters<typeof serveReleases>[0]) {
    const server = await serveReleases(answers);
    const urls = new Map([
      ["uefi", `${server.base}/uefi.zip`],
      ["pipxe", `${server.base}/tftpboot.zip`],
      ["overlays", `${server.base}/overlays`],
    ]);
    const download = { versions: new Map(), urls, sha256: new Map<string, string>() };
    return { ...server, download };
  }

  const honest = { "/uefi.zip": file(UEFI), "/tftpboot.zip": file(PIPXE) };

  test("fetches what no part has, shows how far it is, and records the hashes", async () => {
    const { download, base, requests } = await servers(honest);
    const place = workplace();
    await place.run([], { download });
    const printed = place.printed.join("\n");
    expect(printed).toContain(
      `${base}/uefi.zip has the SHA-256 ${sha256(UEFI)}: compare it with the release's page`,
    );
    expect(place.progress.join("")).toMatch(/^uefi: 0\.0 MB of 0\.0 MB$/m);
    const lock = JSON.parse(readFileSync(`${place.target}.lock.json`, "utf8"));
    expect(lock.downloads).toEqual({
      [`${base}/tftpboot.zip`]: sha256(PIPXE),
      [`${base}/uefi.zip`]: sha256(UEFI),
    });
    expect(lock.files["config.txt"]).toBe(sha256(uefiRelease()["config.txt"] ?? new Uint8Array()));
    await place.run([], { download });
    expect(place.printed.at(-1)).toContain("is the file that was downloaded first");
    expect(requests).toEqual(["GET /uefi.zip", "GET /tftpboot.zip"]);
  });

  test("fetches the overlays that config.txt names and no part has", async () => {
    const overlay = deviceTree("disable-bt");
    const { download, requests } = await servers({ ...honest, "/overlays/disable-bt.dtbo": file(overlay) });
    const place = workplace({
      "my.txt": text(`${new TextDecoder().decode(uefiRelease()["config.txt"])}dtoverlay=disable-bt\n`),
    });
    await place.run(["my.txt"], { download });
    expect(requests).toEqual(["GET /uefi.zip", "GET /tftpboot.zip", "GET /overlays/disable-bt.dtbo"]);
    expect(readFileSync(join(place.target, "overlays/disable-bt.dtbo"))).toEqual(Buffer.from(overlay));
  });

  test("a file that has another hash than was given is not used, and is removed", async () => {
    const { download } = await servers(honest);
    const place = workplace();
    download.sha256.set("uefi", "0".repeat(64));
    await expect(place.run([], { download })).rejects.toThrow(
      `has the SHA-256 ${sha256(UEFI)}, and --sha256 wants ${"0".repeat(64)}`,
    );
    expect(existsSync(place.target)).toBe(false);
    expect(readdirSync(join(place.cwd, ".mayfly", "downloads"))).toEqual([]);
  });

  test("a file that is another one than at the first download is not used, and the folder in use stays", async () => {
    const other = zipOf({ ...uefiRelease(), "Readme.md": text("another build") });
    const { download } = await servers({ ...honest, "/uefi.zip": [file(UEFI), file(other, '"v2"')] });
    const place = workplace();
    await place.run([], { download });
    const before = readFileSync(`${place.target}.lock.json`, "utf8");
    const fresh = { settings: { flags: { state: "elsewhere" }, env: {}, cwd: place.cwd }, download };
    await expect(place.run([], fresh)).rejects.toThrow(
      `if you know that the new one is right, say --sha256 uefi=${sha256(other)}`,
    );
    expect(readFileSync(`${place.target}.lock.json`, "utf8")).toBe(before);
    await place.check();
    download.sha256.set("uefi", sha256(other));
    await place.run([], fresh);
    expect(readFileSync(`${place.target}.lock.json`, "utf8")).toContain(sha256(other));
  });

  test("a file that was changed on disk since is noticed", async () => {
    const { download } = await servers(honest);
    const place = workplace();
    await place.run([], { download });
    const folder = join(place.cwd, ".mayfly", "downloads");
    const name = readdirSync(folder).find((each) => each.endsWith("uefi.zip")) ?? "";
    writeFileSync(join(folder, name), zipOf({ ...uefiRelease(), "Readme.md": text("tampered with") }));
    await expect(place.run([], { download })).rejects.toThrow("when it was first downloaded it had");
  });

  test("goes on where the server broke off, in the middle of it all", async () => {
    const half = UEFI.length >> 1;
    const server = await servers({ ...honest, "/uefi.zip": [halting(UEFI, half), file(UEFI)] });
    const place = workplace();
    let seen = 0;
    const progress = { isTTY: true, write: () => void (++seen === 1 && server.hangUp()) };
    await place.run([], { download: server.download, progress });
    expect(server.requests).toEqual([
      "GET /uefi.zip",
      expect.stringMatching(/^GET \/uefi\.zip bytes=\d+-$/),
      "GET /tftpboot.zip",
    ]);
    await place.check();
  });

  test("a lock file that was damaged is told of, and not made up for", async () => {
    const { download } = await servers(honest);
    const place = workplace();
    mkdirSync(join(place.cwd, "boot-media"));
    writeFileSync(`${place.target}.lock.json`, '{"downloads": {');
    await expect(place.run([], { download })).rejects.toThrow("rpi4.lock.json: it is damaged");
  });
});
