import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { diffGenerations, listGenerations } from "../../src/commands/generations.ts";
import { showInside } from "../../src/commands/show.ts";
import { runTool } from "../../src/io/system/run-tool.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { homestakeros } from "../support/image-folders.ts";

const MAC = "00:1b:21:12:34:56";
const system = (hash: string, version: string) =>
  `init=/nix/store/${hash.repeat(32)}-nixos-system-beta-${version}/init`;
const FIRST = `${system("1", "25.05.1")} initrd=initrd.zst quiet loglevel=4`;
const SECOND = `${system("2", "25.05.2")} initrd=initrd.zst loglevel=7 dyndbg="file a.c +p"`;

let rig: AdminRig;

beforeAll(async () => {
  rig = await startAdminRig();
  await link("beta", FIRST);
  const session = { ...{ id: "s1", mac: MAC, host: "beta", via: "netboot" as const }, startMs: 1, lastMs: 2 };
  const { current = "" } = rig.app.world.snapshot().images.get("beta") ?? {};
  const booted = { ...session, generation: current, scripts: 1, steps: [], outcome: "checked-in" as const };
  rig.app.world.record({ type: "session", change: "moved", session: booted });
  await link("beta", SECOND);
});
afterAll(() => rig.stop());

async function link(name: string, params: string): Promise<void> {
  const published = rig.log.wait("published", ({ image, generation }) => {
    return image === name && params.startsWith(generation.kernelParams.slice(0, 60));
  });
  rig.media.link(name, rig.media.store(homestakeros(params)));
  await published;
}

const text = { json: false };
const BIN = fileURLToPath(new URL("../../bin/mayfly.js", import.meta.url));

/** The command as one types it. */
async function mayfly(...args: readonly string[]): Promise<string[]> {
  const { admin } = rig.app.served;
  const where = ["--admin", `${admin?.host}:${admin?.port}`];
  return (await runTool(process.execPath, [BIN, ...args, ...where])).trimEnd().split("\n");
}

test("the commands say the same as what is behind them", async () => {
  // How long ago something was may be another when it is asked again.
  const firstTwo = (lines: readonly string[]) => lines.map((line) => line.split(/ +/).slice(0, 2));
  const listed = firstTwo(await listGenerations(rig.request, "beta", text));
  expect(firstTwo(await mayfly("generations", "beta"))).toEqual(listed);
  const diff = await diffGenerations(rig.request, "beta", ["1", "2"], text);
  expect(await mayfly("diff", "beta")).toEqual(diff);
  expect(await mayfly("generations", "beta", "1", "2")).toEqual(diff);
  expect(await mayfly("show", "beta")).toEqual(await showInside(rig.request, "beta", "2", text));
  expect(await mayfly("show", "beta", "--generation", "1")).toContainEqual(
    expect.stringMatching(/^Generation +1 /),
  );
});

test("every generation is listed with its number, its version and how its boots went", async () => {
  expect(await listGenerations(rig.request, "beta", text)).toEqual([
    expect.stringMatching(/^NUMBER +ID +PUBLISHED +NIXOS +SIZE +BOOTS +MARKS +FILES$/),
    expect.stringMatching(/^1 +[0-9a-z]{8} +(just now|\d+ seconds? ago) +25\.05\.1 +12 B +1 up +- +kept$/),
    expect.stringMatching(/^2 +[0-9a-z]{8} +(just now|\d+ seconds? ago) +25\.05\.2 +12 B +- +current +kept$/),
  ]);
});

test("what changed is told without numbers too, from the one before to the current one", async () => {
  const lines = await diffGenerations(rig.request, "beta", [], text);
  expect(lines).toEqual([
    expect.stringMatching(/^beta: from generation 1 \(\S+-kexec-tree\) to 2 \(\S+-kexec-tree\)$/),
    "",
    expect.stringMatching(/^WHAT +BEFORE +AFTER$/),
    expect.stringMatching(/^NixOS +25\.05\.1 +25\.05\.2$/),
    expect.stringMatching(/^init +\/nix\/store\/1+-\S+ +\/nix\/store\/2+-\S+$/),
    "",
    "KERNEL PARAMETERS",
    "- quiet",
    "- loglevel=4",
    "+ loglevel=7",
    '+ dyndbg="file a.c +p"',
    "",
    expect.stringMatching(/^Packages are not compared: what generation 1 and 2 consists of is not known/),
  ]);
  expect(await diffGenerations(rig.request, "beta", ["1"], text)).toEqual(lines);
  expect((await diffGenerations(rig.request, "beta", ["2", "1"], text)).slice(6, 11)).toEqual([
    "KERNEL PARAMETERS",
    "- loglevel=7",
    '- dyndbg="file a.c +p"',
    "+ quiet",
    "+ loglevel=4",
  ]);
  expect((await diffGenerations(rig.request, "beta", ["1", "1"], text)).slice(0, 3)).toEqual([
    expect.stringContaining("from generation 1"),
    "",
    "Nothing changed that is known.",
  ]);
});

test("as JSON, with everything that is known", async () => {
  const [list = ""] = await listGenerations(rig.request, "beta", { json: true });
  expect(JSON.parse(list)).toMatchObject({
    image: "beta",
    total: 2,
    generations: [
      { number: 2, isCurrent: true, isKept: true, boots: { checkedIn: 0, handedOver: 0, failed: 0 } },
      { number: 1, isCurrent: false, nixos: "25.05.1", kernelParams: FIRST, boots: { checkedIn: 1 } },
    ],
  });
  const [diff = ""] = await diffGenerations(rig.request, "beta", ["1", "2"], { json: true });
  expect(JSON.parse(diff)).toMatchObject({ from: { number: 1 }, to: { number: 2 }, sizeDeltaBytes: 0 });
});

test("the history is there after a restart, and when the host is gone", async () => {
  await rig.restart();
  const detail = async () => JSON.parse((await rig.send("GET", "/api/v1/hosts/beta/generations/1")).text);
  expect(await detail()).toMatchObject({
    number: 1,
    isKept: false,
    lastBoots: [{ session: "s1", mac: MAC, host: "beta", via: "netboot", outcome: "checked-in" }],
  });
  expect((await listGenerations(rig.request, "beta", text))[1]).toMatch(/only remembered$/);
});

test("a longer history than a page is listed as a whole", async () => {
  const { generations } = rig.app.world.snapshot();
  const [generation] = generations.values();
  if (generation === undefined) throw new Error("nothing was published");
  for (let at = 0; at < 250; at++) {
    rig.app.world.record({ type: "published", image: "long", generation: { ...generation, id: `g${at}` } });
  }
  const [list = ""] = await listGenerations(rig.request, "long", { json: true });
  const numbers = JSON.parse(list).generations.map(({ number }: { number: number }) => number);
  expect(numbers).toEqual(Array.from({ length: 250 }, (_, at) => 250 - at));
});

test("what there never was is said, with what there was", async () => {
  await expect(listGenerations(rig.request, "nobody", text)).rejects.toThrow("there is no host nobody");
  await expect(diffGenerations(rig.request, "beta", ["1", "7"], text)).rejects.toThrow(
    "beta never had a generation 7; it had 1 to 2",
  );
  await expect(diffGenerations(rig.request, "beta", ["one"], text)).rejects.toThrow("GENERATION: read 'one'");
  await expect(listGenerations(rig.request, "a b", text)).rejects.toThrow("HOST: read 'a b'");
});

test("what is in a generation is shown, and why its services are not known", async () => {
  const lines = await showInside(rig.request, "beta", "1", text);
  expect(lines).toEqual([
    "Image       beta",
    expect.stringMatching(/^Generation {2}1 \(\S+-kexec-tree\)$/),
    expect.stringMatching(/^Path +\/.*-kexec-tree$/),
    "NixOS       25.05.1",
    `Init        ${FIRST.split(" ")[0]?.slice("init=".length)}`,
    "Parameters  initrd=initrd.zst quiet loglevel=4",
    "",
    expect.stringMatching(
      /^Its services are not known: \/nix\/store\/1+-\S+ is not on the server; serve from/,
    ),
  ]);
  const [json = ""] = await showInside(rig.request, "beta", undefined, { json: true });
  expect(JSON.parse(json)).toMatchObject({ number: 2, parameters: expect.arrayContaining(["loglevel=7"]) });
});
