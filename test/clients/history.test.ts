/** The history of images that a real nix builds: what it tells of them, against what nix says itself. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Closure, diffClosures } from "../../src/boot/history/closure.ts";
import type { GenerationRecord } from "../../src/boot/history/record.ts";
import { startClosureFacts } from "../../src/io/history/closure-facts.ts";
import { startHistory } from "../../src/io/history/history.ts";
import { createInside } from "../../src/io/history/inside.ts";
import { createLineLists } from "../../src/io/history/line-lists.ts";
import { askClosures } from "../../src/io/history/nix-closure.ts";
import { startImages } from "../../src/io/images/images.ts";
import { createMemoryStore } from "../../src/io/store/store.ts";
import { createWorld } from "../../src/io/world.ts";
import { runProgram } from "../../src/lab/program.ts";
import { nextEvent } from "../support/media.ts";
import { lacks } from "../support/needs.ts";
import { SYSTEM_OF_PACKAGES } from "../support/nix-expressions.ts";
import { createNixStore, nixEnvironment } from "../support/nix-store.ts";
import { tempFolder } from "../support/temp-folder.ts";

const BEFORE = { "bash-5.2": 100, "openssl-3.0.13": 500, "nano-8.0": 50, "etc-static": 9, "gone-1": 3 };
const AFTER = {
  "bash-5.3": 120,
  "openssl-3.0.13": 700,
  "vim-9.1": 90,
  "etc-static": 9,
  "openssl-3.1-dev": 9,
};

/** `bash: 5.2 → 5.3, +20.0 KiB`, whatever colours it has; the sign of nothing is the empty set's. */
function readNix(line: string) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' colours begin with one.
  const plain = line.replaceAll(/\u001b\[[0-9;]*m/g, "");
  const [, name, versions] = /^([^:]+): (?:(.*? → .*?)(?:, |$))?/.exec(plain) ?? [];
  const sides = (versions ?? " → ")
    .split(" → ")
    .map((side) =>
      side === "∅" || side === "" ? [] : side.split(", ").map((version) => (version === "ε" ? "" : version)),
    );
  return { name, before: sides[0], after: sides[1] };
}

test.skipIf(lacks("nix-build", "busybox"))(
  "the history tells versions, size and changes of what nix built, as nix does, and after the garbage is collected too",
  async () => {
    const folder = tempFolder();
    const hosts = join(folder, "hosts");
    mkdirSync(hosts);
    const nix = createNixStore(join(folder, "nix"));
    const env = nixEnvironment(join(folder, "nix"));
    const build = (packages: Record<string, number>, version: string) => {
      const list = JSON.stringify(Object.entries(packages).map(([name, kib]) => ({ name, kib })));
      const args = ["--argstr", "packages", list, "--argstr", "version", version];
      return nix.build(SYSTEM_OF_PACKAGES, args, join(hosts, "beta"));
    };
    const world = createWorld();
    const history = startHistory({ world, store: createMemoryStore() });
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const closures = createLineLists(createMemoryStore(), "closure");
    const facts = startClosureFacts({ history, closures, env, onError });

    await build(BEFORE, "25.05.1");
    const images = startImages({ world, hostsFolder: hosts, settings: { keepMs: 10, keepUnusedMs: 10 } });
    await images.ready;
    const swapped = nextEvent(world, "published");
    await build(AFTER, "25.05.2");
    await swapped;
    const [second, first] = await history.page("beta", { limit: 2 });
    if (first === undefined || second === undefined) throw new Error("two generations were published");
    await facts.idle();
    expect(await history.byNumber("beta", 1)).toMatchObject({
      nixosVersion: "25.05.1",
      label: "label-25.05.1",
      closureBytes: expect.closeTo(662 * 1024, -4.5),
    });

    const [before, after] = await Promise.all([facts.closureOf(first), facts.closureOf(second)]);
    const told = diffClosures(before ?? [], after ?? []);
    const systems = [first, second].map(({ kernelParams }) =>
      dirname(/init=(\S+)/.exec(kernelParams)?.[1] ?? ""),
    );
    const said = await runProgram(["nix", "store", "diff-closures", ...systems], { env });
    expect(told.map(({ name, before, after }) => ({ name, before, after }))).toEqual(
      said.trim().split("\n").map(readNix),
    );
    expect(told.map(({ name, change }) => `${name} ${change}`)).toEqual([
      "bash changed",
      "gone removed",
      "nano removed",
      "nixos-system-beta changed",
      "openssl changed",
      "vim added",
    ]);

    const inside = createInside({
      lists: createLineLists(createMemoryStore(), "service"),
      flakeOf: () => undefined,
    });
    const services = [
      { name: "demo", commands: ["/bin/demo --flag 25.05.1"], wantedBy: ["multi-user.target"] },
    ];
    expect(await inside.services(first, "beta")).toEqual({ type: "known", services });

    await images.close();
    await nix.collectGarbage();
    expect(existsSync(systems[0] ?? "")).toBe(false);
    expect(diffClosures((await facts.closureOf(first)) ?? [], after ?? [])).toEqual(told);
    expect(await inside.services(first, "beta")).toEqual({ type: "known", services });
    expect(errors).toEqual([]);
    await facts.close();
    await history.close();
  },
);

test.skipIf(lacks("nix-build", "busybox"))(
  "several systems are asked for by one call of nix, and one that it does not know costs the others nothing",
  async () => {
    const folder = tempFolder();
    const nix = createNixStore(join(folder, "nix"));
    const env = nixEnvironment(join(folder, "nix"));
    const trees: string[] = [];
    for (const [version, packages] of Object.entries({ "25.05.1": BEFORE, "25.05.2": AFTER })) {
      const list = JSON.stringify(Object.entries(packages).map(([name, kib]) => ({ name, kib })));
      const args = ["--argstr", "packages", list, "--argstr", "version", version];
      trees.push(await nix.build(SYSTEM_OF_PACKAGES, args, join(folder, version)));
    }
    const store = env.NIX_STORE_DIR ?? "";
    const ask = async (paths: readonly string[]) => {
      const told: number[] = [];
      const found = new Map<string, Closure>();
      for await (const [path, closure] of askClosures(paths, store, {
        env,
        onTold: (size) => told.push(size),
      }))
        found.set(path, closure);
      return { told, found };
    };

    const { told, found } = await ask(trees);
    expect(told).toHaveLength(1);
    expect([...found.keys()]).toEqual(trees);
    for (const [tree, closure] of found) {
      const said = await runProgram(["nix", "path-info", "--recursive", "--size", tree], { env });
      const lines = said.trim().split("\n");
      const sizes = lines.map((line) => line.slice(store.length + 34).split(/\s+/));
      expect(closure.map(({ name, sizeBytes }) => [name, String(sizeBytes)]).sort()).toEqual(sizes.sort());
    }
    // They have the same static part of /etc, which is told of once.
    const all = new Set([...found.values()].flat().map(({ name, sizeBytes }) => `${sizeBytes} ${name}`));
    expect(told[0]).toBeLessThan([...found.values()].flat().length);
    expect(told[0]).toBeGreaterThanOrEqual(all.size);

    const unknown = join(store, `${"1".repeat(32)}-nixos-system-gone`);
    expect((await ask([unknown, ...trees])).found).toEqual(found);
    expect((await ask([trees[0] ?? "", unknown])).found.size).toBe(1);
    expect((await ask([unknown])).found.size).toBe(0);
    const elsewhere = trees.map((tree) => join("/srv/store", basename(tree)));
    expect((await ask(elsewhere)).found.size).toBe(0);
  },
);

const FLAKE = `{
  outputs = _: {
    nixosConfigurations.beta.config = {
      system.build.toplevel.outPath = "/nix/store/\${builtins.replaceStrings [ "e" ] [ "0" ] (builtins.substring 0 32 (builtins.hashString "sha256" "x"))}-nixos-system-beta";
      systemd.services = {
        geth = { description = "Node"; serviceConfig.ExecStart = "/bin/geth --http"; wantedBy = [ "multi-user.target" ]; };
        twice.serviceConfig.ExecStart = [ "/bin/a" "/bin/b" ];
        idle.serviceConfig = { };
        off = { enable = false; serviceConfig.ExecStart = "/bin/off"; };
      };
    };
  };
}
`;

test.skipIf(lacks("nix-build"))(
  "the services of a system that is not here are those of the host's flake, if that still builds it",
  async () => {
    const folder = tempFolder();
    const flake = join(folder, "flake");
    mkdirSync(flake);
    writeFileSync(join(flake, "flake.nix"), FLAKE);
    const env = nixEnvironment(join(folder, "nix"));
    const hash = createHash("sha256").update("x").digest("hex").slice(0, 32);
    const record = (system: string): GenerationRecord => ({
      ...{ image: "beta", number: 1, id: "g", shape: "homestakeros", path: "/srv/out/beta" },
      ...{ firstMs: 1, lastMs: 1, sizeBytes: 1, kernelParams: `init=${system}/init` },
    });
    const lists = createLineLists(createMemoryStore(), "service");
    const inside = createInside({ lists, flakeOf: () => `path:${flake}#beta`, env });
    // nix's own hashes have no e, o, u and t; this one is only compared.
    const system = `/nix/store/${hash.replaceAll("e", "0")}-nixos-system-beta`;
    expect(await inside.services(record(system), "beta")).toEqual({
      type: "known",
      services: [
        {
          name: "geth",
          description: "Node",
          commands: ["/bin/geth --http"],
          wantedBy: ["multi-user.target"],
        },
        { name: "twice", commands: ["/bin/a", "/bin/b"], wantedBy: [] },
      ],
    });
    const other = `/nix/store/${"1".repeat(32)}-nixos-system-beta`;
    const changed = { ...record(other), number: 2 };
    expect(await inside.services(changed, "beta")).toMatchObject({
      type: "unknown",
      reason: expect.stringContaining("is not what path:"),
    });
    writeFileSync(join(flake, "flake.nix"), "{ outputs = _: { }; }");
    expect(await inside.services(changed, "beta")).toMatchObject({
      type: "unknown",
      reason: expect.stringMatching(/^nix could not evaluate path:.*nixosConfigurations/s),
    });
    await inside.close();
  },
);
