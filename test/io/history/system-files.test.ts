import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSystem } from "../../../src/io/history/system-files.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const hash = (character: string) => character.repeat(32);
const SYSTEM = `${hash("a")}-nixos-system-beta-25.05`;
const ETC = `${hash("b")}-etc`;

/** A store below `root` whose paths say `own`; its `etc` is a store path behind a link, as NixOS has it. */
function makeStore(root: string, own: string) {
  const system = join(root, SYSTEM);
  const etc = join(root, ETC, "etc");
  mkdirSync(system, { recursive: true });
  mkdirSync(join(etc, "folder"), { recursive: true });
  writeFileSync(join(system, "init"), "");
  symlinkSync(`${own}/${ETC}/etc`, join(system, "etc"));
  writeFileSync(join(etc, "os-release"), "ID=nixos\n");
  symlinkSync("os-release", join(etc, "relative"));
  symlinkSync("/etc/hostname", join(etc, "outside"));
  symlinkSync("../../../../../../../../etc/hostname", join(etc, "above"));
  symlinkSync("loop", join(etc, "loop"));
  const kernelParams = `quiet init=${own}/${SYSTEM}/init`;
  return { kernelParams, path: join(root, `${hash("c")}-kexec-tree`) };
}

test.each(["where its paths say", "elsewhere"])("a system is read in a store that lies %s", async (where) => {
  const store = join(tempFolder(), "nix/store");
  const system = await openSystem(makeStore(store, where === "elsewhere" ? "/nix/store" : store));
  expect(system?.path).toBe(join(store, SYSTEM));
  expect(await system?.list("etc")).toContain("folder");
  expect(await system?.read("etc/os-release", 100)).toBe("ID=nixos\n");
  expect(await system?.read("etc/relative", 2)).toBe("ID");
});

test("nothing outside the store is read, and nothing that is no file", async () => {
  const store = join(tempFolder(), "nix/store");
  const system = await openSystem(makeStore(store, store));
  for (const name of ["outside", "above", "loop", "folder", "absent"]) {
    expect(await system?.read(`etc/${name}`, 100)).toBeUndefined();
  }
  expect(await system?.read("../../../../etc/hostname", 100)).toBeUndefined();
  expect(await system?.list("etc/absent")).toEqual([]);
});

test("a system that is not on this machine is none", async () => {
  const store = join(tempFolder(), "nix/store");
  const { path } = makeStore(store, store);
  expect(await openSystem({ kernelParams: `init=${store}/${hash("d")}-gone/init`, path })).toBeUndefined();
  expect(await openSystem({ kernelParams: "quiet", path })).toBeUndefined();
});
