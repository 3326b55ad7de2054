/** docs/raspberry-pi.md played from top to bottom: its own commands, with made-up releases from a server on loopback. */

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { commandsOf } from "../support/documents.ts";
import { file, serveReleases } from "../support/release-server.ts";
import { ipxe, NEW_FIRMWARE_BYTES } from "../support/rpi4-files.ts";
import { overlays, pipxe, uefiRelease, writeFiles, zipOf } from "../support/rpi4-parts.ts";
import { tempFolder } from "../support/temp-folder.ts";

const BIN = fileURLToPath(new URL("../../bin/mayfly.js", import.meta.url));
const COMMANDS = commandsOf(readFileSync(new URL("../../docs/raspberry-pi.md", import.meta.url), "utf8"));

interface Played {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

test("each command of docs/raspberry-pi.md does what the document says", async () => {
  const oldZip = zipOf(uefiRelease());
  const newZip = zipOf(uefiRelease(NEW_FIRMWARE_BYTES));
  const { base } = await serveReleases({
    "/v1.42.zip": file(newZip),
    "/v1.50.zip": file(newZip),
    "/v1.34.zip": file(oldZip),
    "/pipxe.zip": file(zipOf(pipxe())),
  });
  const cwd = tempFolder();
  writeFileSync(join(cwd, "RPi4_UEFI_Firmware_v1.34.zip"), oldZip);
  writeFileSync(join(cwd, "ipxe-arm64.efi"), ipxe("debian"));
  writeFiles(join(cwd, "pxe"), pipxe());
  writeFiles(join(cwd, "overlays"), overlays());

  const played: string[] = [];
  for (const command of COMMANDS) {
    const version = /--release uefi=(\S+)/.exec(command)?.[1] ?? "v1.34";
    const urls = ["--url", `uefi=${base}/${version}.zip`, "--url", `pipxe=${base}/pipxe.zip`];
    const { status, stdout, stderr } = await play(command, command.includes("--download") ? urls : [], cwd);
    played.push(
      `${status} ${(status === 0 ? stdout : stderr).trim().split("\n").at(-1)}`.replaceAll(cwd, "."),
    );
  }
  expect(played).toEqual([
    "0 ./boot-media/rpi4 is ready: 16 files, 2.1 MB",
    "0 ./boot-media/rpi4 is ready: 19 files, 2.1 MB; the one before is ./boot-media/rpi4.previous",
    "0 ./boot-media/rpi4: a Pi 4 can boot from it",
    "2 mayfly: a Pi 4 would not boot from it: one error; ./boot-media/rpi4 stays as it is. --force writes it all the same",
    "0 ./boot-media/rpi4 is ready: 13 files, 4.1 MB; the one before is ./boot-media/rpi4.previous",
  ]);
});

/** Runs one of the document's lines, with addresses of ours where it would ask the internet. */
async function play(command: string, extra: readonly string[], cwd: string): Promise<Played> {
  const [npx, mayfly, ...args] = command.split(" ");
  expect([npx, mayfly]).toEqual(["npx", "mayfly"]);
  const { promise, resolve } = Promise.withResolvers<Played>();
  const child = execFile(
    process.execPath,
    [BIN, ...args, ...extra],
    { cwd, timeout: 60_000, env: { ...process.env, NO_COLOR: "1" } },
    (_error, stdout, stderr) => resolve({ status: child.exitCode ?? -1, stdout, stderr }),
  );
  return promise;
}
