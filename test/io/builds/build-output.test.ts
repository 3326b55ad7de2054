/** What builds leave as plain folders: found, published, kept while the next build begins. */

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withOutputs } from "../../../src/boot/hosts.ts";
import { type AdminRig, startAdminRig } from "../../support/admin-rig.ts";

const MAC = "52-54-00-12-34-56";

let rig: AdminRig;
let out: string;

async function start(config: string): Promise<void> {
  writeFileSync(join(rig.media.folder, "mayfly.yaml"), config);
  await rig.restart();
}

beforeEach(async () => {
  rig = await startAdminRig();
  out = join(rig.media.folder, "out");
});
afterEach(() => rig.stop());

/** As `rsync -L -r` leaves it: plain files. */
const image = (version: string) => ({
  bzImage: `kernel ${version}`,
  "initrd.zst": `initrd ${version}`,
  "kexec-boot": `kexec --load bzImage --command-line "init=/nix/store/${version}/init"\n`,
});
const generationOf = (script: string) => /\/media\/([^/]+)\/bzImage/.exec(script)?.[1];
const published = () => rig.log.wait("published", ({ image: name }) => name === "beta");

const HOSTS = `hosts: { beta: { macs: [${MAC}] }, gamma: {} }`;

test("a folder in 'buildOutput' that is named like a host becomes its image, there at the start or later", async () => {
  await start(`buildOutput: ./out\n${HOSTS}\n`);
  // The container makes the folder too, and `rsync` a folder of the link's name in it.
  rig.media.write(join(out, "beta", "result"), image("one"));
  const { generation } = await published();
  expect(generation).toMatchObject({
    shape: "kexec-tree",
    kernelParams: expect.stringContaining("/one/init"),
  });
  const first = generationOf(await rig.script(MAC));
  expect(first).toBe(generation.id);

  // The next build clears the folder before it fills it: what was there is booted on.
  rmSync(out, { recursive: true });
  const gone = await rig.log.wait("trouble", ({ image: name }) => name === "beta");
  expect(gone.reason).toContain(`${join(out, "beta")} is not there`);
  expect(generationOf(await rig.script(MAC))).toBe(first);
  rig.log.clear();
  rig.media.write(join(out, "beta", "result"), image("two"));
  const { generation: second } = await published();
  expect(second.id).not.toBe(first);
  expect(generationOf(await rig.script(MAC))).toBe(second.id);

  // Nor does it matter that the server is started anew meanwhile.
  const copy = join(rig.media.folder, "state", "mayfly-store", second.id);
  await expect.poll(() => existsSync(copy), { timeout: 10_000 }).toBe(true);
  rmSync(out, { recursive: true });
  await rig.restart();
  expect(generationOf(await rig.script(MAC))).toBe(second.id);
  rig.media.write(join(out, "beta", "result"), image("three"));
  expect((await published()).generation.kernelParams).toContain("/three/init");
});

test("a host's own 'image' may be a container's 'out', and a link of the host's name wins over 'buildOutput'", async () => {
  await start(`${HOSTS.replace(`[${MAC}]`, `[${MAC}], image: ./out`)}\n`);
  rig.media.write(join(out, "result"), image("one"));
  expect((await published()).generation.kernelParams).toContain("/one/init");
  // Replaced as a whole, as some builders do.
  rig.log.clear();
  rig.media.write(join(rig.media.folder, "next"), image("two"));
  renameSync(join(out, "result"), join(rig.media.folder, "last"));
  renameSync(join(rig.media.folder, "next"), join(out, "result"));
  expect((await published()).generation.kernelParams).toContain("/two/init");

  await start(`buildOutput: ./out\n${HOSTS}\n`);
  rig.media.write(join(out, "beta"), image("three"));
  expect((await published()).generation.kernelParams).toContain("/three/init");
  rig.log.clear();
  rig.media.link("beta", rig.media.store(image("four")));
  expect((await published()).generation.kernelParams).toContain("/four/init");
});

test("a folder with more in it than one image is not taken for one", async () => {
  await start(`${HOSTS.replace(`[${MAC}]`, `[${MAC}], image: ./out`)}\n`);
  rig.media.write(join(out, "one"), image("one"));
  mkdirSync(join(out, "two"));
  const { reason } = await rig.log.wait("trouble", ({ reason: why }) => !why.includes("is not there"));
  expect(reason).toContain(out);
  expect(rig.log.of("published")).toEqual([]);
});

test("hosts with an image of their own, or an entry in the media folder, are left as they are", () => {
  const host = (name: string, more = {}) => ({ name, macs: [], uuids: [], serials: [], ...more });
  const outputs = new Map(["a", "b", "c", "x"].map((name) => [name, `/out/${name}`]));
  const hosts = [host("a"), host("b", { image: "/own" }), host("c"), host("d")];
  expect(withOutputs(hosts, outputs, new Set(["c"]))).toEqual([
    ...[host("a", { image: "/out/a" }), host("b", { image: "/own" }), host("c"), host("d")],
  ]);
});
