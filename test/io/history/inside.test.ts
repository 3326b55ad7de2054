import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { GenerationRecord } from "../../../src/boot/history/record.ts";
import { createInside } from "../../../src/io/history/inside.ts";
import { createLineLists } from "../../../src/io/history/line-lists.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { watchedNix } from "../../support/watched-nix.ts";

const hash = (character: string) => character.repeat(32);

function put(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A system as NixOS lays it out: units of its own, some that systemd brings, one with something dropped in. */
function makeSystem(store: string): GenerationRecord {
  const system = join(store, `${hash("a")}-nixos-system-beta-25.05`);
  const units = join(store, `${hash("b")}-system-units`);
  const own = (name: string, text: string) => {
    const unit = put(join(store, `${hash("c")}-unit-${name}/${name}`), text);
    symlinkSync(unit, join(units, name));
  };
  put(join(system, "init"), "");
  mkdirSync(join(system, "etc/systemd"), { recursive: true });
  mkdirSync(join(units, "multi-user.target.wants"), { recursive: true });
  symlinkSync(units, join(system, "etc/systemd/system"));
  own("geth.service", "[Unit]\nDescription=Node\n[Service]\nExecStart=/bin/geth --http\n");
  own("idle.service", "[Service]\nType=oneshot\n");
  own("job@.service", "[Service]\nExecStart=/bin/job %i\n");
  symlinkSync("../geth.service", join(units, "multi-user.target.wants/geth.service"));
  for (const name of ["systemd-journald", "nscd"]) {
    const brought = join(store, `${hash("d")}-systemd-257.6/example/systemd/system/${name}.service`);
    symlinkSync(put(brought, "[Service]\nExecStart=/bin/brought\n"), join(units, `${name}.service`));
  }
  put(join(units, "nscd.service.d/overrides.conf"), "[Service]\nExecStart=\nExecStart=/bin/nsncd\n");
  return {
    ...{
      image: "beta",
      number: 1,
      id: "g",
      shape: "homestakeros",
      path: join(store, `${hash("e")}-kexec-tree`),
    },
    ...{ firstMs: 1, lastMs: 1, sizeBytes: 1 },
    kernelParams: `init=${system}/init quiet`,
  };
}

function inside(store: Store = createMemoryStore()) {
  return createInside({ lists: createLineLists(store, "service"), flakeOf: () => undefined });
}

const SERVICES = [
  { name: "geth", description: "Node", commands: ["/bin/geth --http"], wantedBy: ["multi-user.target"] },
  { name: "job@", commands: ["/bin/job %i"], wantedBy: [] },
  { name: "nscd", commands: ["/bin/nsncd"], wantedBy: [] },
];

test("the services of a system are read from its units; what systemd itself brings is left out", async () => {
  const record = makeSystem(join(tempFolder(), "nix/store"));
  expect(await inside().services(record, "beta")).toEqual({ type: "known", services: SERVICES });
});

test("they are known after the system has gone, if it was looked at while it was there", async () => {
  const folder = tempFolder();
  const record = makeSystem(join(folder, "nix/store"));
  const store = createMemoryStore();
  await inside(store).remember(record);
  rmSync(join(folder, "nix"), { recursive: true });
  expect(await inside(store).services(record, "beta")).toEqual({ type: "known", services: SERVICES });
  expect(await inside().services(record, "beta")).toMatchObject({
    type: "unknown",
    reason: expect.stringMatching(/-nixos-system-beta-25\.05 is not on the server$/),
    cure: expect.stringContaining("flake"),
  });
});

test("an image that names no system says so", async () => {
  const record = makeSystem(join(tempFolder(), "nix/store"));
  const reasonFor = async (kernelParams: string) => inside().services({ ...record, kernelParams }, "beta");
  expect(await reasonFor("quiet")).toMatchObject({ reason: expect.stringContaining("no init=") });
  expect(await reasonFor("init=/bin/sh")).toMatchObject({
    reason: expect.stringContaining("starts /bin/sh"),
  });
});

const OTHER = `/nix/store/${hash("f")}-nixos-system-beta-25.05`;

/** Of a system that is not on this machine. */
function absent(image: string, number: number, system: string): GenerationRecord {
  return {
    ...{ image, number, id: `g${number}`, shape: "homestakeros", path: "/nowhere" },
    ...{ firstMs: 1, lastMs: 1, sizeBytes: 1, kernelParams: `init=${system}/init` },
  };
}

test("however many generations are looked at, nix evaluates each flake once, and one at a time", async () => {
  const nix = watchedNix(tempFolder(), `echo '{ "system": "${OTHER}", "services": [] }'`);
  const lists = createLineLists(createMemoryStore(), "service");
  const asked = createInside({ lists, flakeOf: (host) => `/etc/fleet#${host}`, env: nix.env });
  const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
  const answers = await Promise.all([
    ...numbers.map((number) =>
      asked.services(absent("beta", number, number === 60 ? OTHER : `${OTHER}-old`), "beta"),
    ),
    ...["gamma", "delta"].map((host) => asked.services(absent(host, 1, OTHER), host)),
  ]);
  expect(answers.map(({ type }) => type)).toEqual([
    ...numbers.map((number) => (number === 60 ? "known" : "unknown")),
    ...["known", "known"],
  ]);
  expect([nix.calls().length, nix.overlaps()]).toEqual([3, 0]);
  // What was found out is kept; the rest may be asked for anew.
  expect((await asked.services(absent("beta", 60, OTHER), "beta")).type).toBe("known");
  expect(nix.calls()).toHaveLength(3);
  await asked.close();
});
