import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpRig, INITRD, startHttpRig } from "../support/http-rig.ts";
import { BETA_MAC } from "../support/worlds.ts";

const run = promisify(execFile);

let rig: HttpRig;
let folder: string;
beforeAll(async () => {
  rig = await startHttpRig();
  folder = mkdtempSync(join(tmpdir(), "mayfly-curl-"));
});
afterAll(async () => {
  await rig.stop();
  rmSync(folder, { recursive: true });
});

async function curl(...args: readonly string[]): Promise<string> {
  return (await run("curl", ["-sS", "--fail", ...args])).stdout;
}

test("curl follows the redirect and gets the file byte for byte", async () => {
  const file = join(folder, "initrd");
  const told = await curl(
    "-L",
    "-o",
    file,
    "-w",
    "%{url_effective} %{num_connects}",
    `${rig.base}/hosts/beta/initrd.zst`,
  );
  expect(told).toBe(`${rig.base}/media/${rig.generation.id}/initrd.zst 1`);
  expect(readFileSync(file).equals(INITRD)).toBe(true);
});

test("curl resumes a broken download, with and without its validator", async () => {
  const file = join(folder, "resumed");
  for (const etag of [rig.generation.id, undefined]) {
    writeFileSync(file, INITRD.subarray(0, 7_654_321));
    const condition = etag === undefined ? [] : ["-H", `If-Range: "${etag}/initrd.zst"`];
    const status = await curl(
      "-C",
      "-",
      "-o",
      file,
      "-w",
      "%{http_code}",
      ...condition,
      `${rig.base}/media/${rig.generation.id}/initrd.zst`,
    );
    expect(status).toBe("206");
    expect(readFileSync(file).equals(INITRD)).toBe(true);
  }
});

test("curl that asks for compression gets the bytes as they are", async () => {
  const url = `${rig.base}/media/${rig.generation.id}/bzImage`;
  const head = await curl("--compressed", "-D", "-", "-o", join(folder, "k"), url);
  expect(head).toMatch(/Content-Length: 70000/i);
  expect(head).not.toMatch(/Content-Encoding|Transfer-Encoding/i);
});

test("curl shows the script that a machine gets", async () => {
  expect(await curl(`${rig.base}/netboot.ipxe?mac=${BETA_MAC}`)).toMatch(/^#!ipxe\n/);
});
