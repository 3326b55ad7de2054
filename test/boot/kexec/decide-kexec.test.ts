import { expect, test } from "vitest";
import type { Generation } from "../../../src/boot/generation.ts";
import { decideKexec } from "../../../src/boot/kexec/decide-kexec.ts";
import { readKexecQuestion } from "../../../src/boot/kexec/kexec-question.ts";
import { apply, type Snapshot } from "../../../src/boot/snapshot.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const GAMMA_MAC = "52:54:00:00:00:03";
const GAMMA = { ...BETA, name: "gamma", macs: [GAMMA_MAC], group: "validators" };
const FREE = { ...BETA, name: "free", macs: [] };
const OLDER: Generation = { ...GENERATION, id: "older" };
const world = snapshotOf([BETA, GAMMA, FREE], OLDER, GENERATION);

function ask(path: string, query: string, snapshot: Snapshot = world) {
  const question = readKexecQuestion([...path.split("/"), "plan"], query);
  if (question === undefined) throw new Error("no such path");
  const { asked, lacks } = decideKexec(question, snapshot);
  const decision = asked?.decision;
  return {
    gets: decision?.type === "script" ? `${decision.host.name} ${decision.generation.id}` : decision?.type,
    lacks: lacks.map(({ what }) => what),
    doubts: lacks.filter(({ isDoubt }) => isDoubt).length,
  };
}

const AS_BETA = `mac=${BETA_MAC}&arch=x86_64`;

test("a machine gets what it would get by netboot", () => {
  expect(ask("beta", AS_BETA)).toEqual({ gets: `beta ${GENERATION.id}`, lacks: [], doubts: 0 });
});

test("a machine that no path names a host for gets the one that has its MAC address", () => {
  expect(ask("-", AS_BETA).gets).toBe(`beta ${GENERATION.id}`);
  expect(ask("-", "mac=02:00:00:00:00:09").lacks).toEqual([
    "no host has the MAC address of this machine, 02:00:00:00:00:09",
  ]);
});

test("an earlier generation that is kept can be asked for by its id", () => {
  expect(ask("beta", `${AS_BETA}&generation=older`).gets).toBe("beta older");
  expect(ask("beta", `${AS_BETA}&generation=gone`).lacks).toEqual([
    "generation gone of beta is not kept, or never was",
  ]);
});

test("of a group the host that has the machine is meant, and no other one", () => {
  expect(ask("-", `mac=${GAMMA_MAC}&group=validators`).gets).toBe(`gamma ${GENERATION.id}`);
  expect(ask("-", `${AS_BETA}&group=validators`).lacks).toEqual([
    `no host of group validators has the MAC address of this machine, ${BETA_MAC}`,
  ]);
  expect(ask("beta", `${AS_BETA}&group=validators`).gets).toBeUndefined();
});

test("the machine of another host is asked about, since two machines would be one host", () => {
  expect(ask("beta", `mac=${GAMMA_MAC}`)).toMatchObject({
    lacks: [`beta has another machine: the MAC address ${GAMMA_MAC} is host gamma's`],
    doubts: 1,
  });
  expect(ask("beta", `mac=${GAMMA_MAC}&force=1`)).toMatchObject({ gets: `beta ${GENERATION.id}`, doubts: 0 });
  expect(ask("free", "mac=02:00:00:00:00:09").doubts).toBe(0);
});

test.each([
  ["", "it was not told which machine this is"],
  ["mac=x", "'x' is no Ethernet address, so there is no telling which machine this is"],
  [`mac=${BETA_MAC}&arch=aarch64`, `the kernel of beta is for x86, but this machine (${BETA_MAC}) is arm64`],
])("is told with '%s': %s", (query, what) => {
  expect(ask("beta", query).lacks).toEqual([what]);
});

test.each([
  ["a unified kernel image", { bootFile: { type: "uki", file: "a.efi", bios: false } }],
  ["an ISO image", { bootFile: { type: "iso", file: "a.iso", bios: false } }],
  ["a script for iPXE", { ownScript: "netboot.ipxe" }],
] as const)("is told that %s cannot be loaded", (what, shape) => {
  const { kernel: _kernel, ...rest } = GENERATION;
  const odd = snapshotOf([BETA], { ...rest, ...shape, id: "odd" });
  expect(ask("beta", AS_BETA, odd).lacks).toEqual([
    `the image of beta is ${what}, and kexec loads a kernel and its initrds`,
  ]);
});

test("an ISO image whose Linux needs no drive is loaded by its kernel and its initrd", () => {
  const bootFile = { type: "iso", file: "a.iso", bios: false } as const;
  expect(ask("beta", AS_BETA, snapshotOf([BETA], { ...GENERATION, bootFile, id: "disc" })).lacks).toEqual([]);
});

test("a host without an image says so", () => {
  const empty = apply(snapshotOf([BETA]), []);
  expect(ask("beta", AS_BETA, empty).lacks[0]).toContain(`beta (${BETA_MAC}) has no complete image yet`);
});
