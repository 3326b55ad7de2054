import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Generation } from "../../../src/boot/generation.ts";
import { readKexecQuestion } from "../../../src/boot/kexec/kexec-question.ts";
import { createDigestReader } from "../../../src/io/kexec/file-digests.ts";
import { createKexecDesk, type KexecDeskParts } from "../../../src/io/kexec/kexec-desk.ts";
import type { FileShelf } from "../../../src/io/open-file.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import { type EventLog, logEvents } from "../../support/event-log.ts";
import { memoryShelf, patternBytes } from "../../support/memory-shelf.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const FILES = new Map([
  ["bzImage", patternBytes(700_001)],
  ["initrd.zst", patternBytes(1_000_000, 3)],
]);
const PEER = { address: "10.77.0.9", port: 40000 };
const beginBoot = () => ({ bootId: "00112233445566ff", checkIn: "T".repeat(64) });
const ASKING = { base: "http://10.77.0.2:8080", peer: PEER, beginBoot, isAsking: false };

let world: World;
let log: EventLog;
let named: string[];
beforeEach(() => {
  world = createWorld(snapshotOf([BETA], { ...GENERATION, id: "older" }, GENERATION));
  log = logEvents(world);
  named = [];
});
afterEach(() => log.clear());

function desk(parts: Partial<KexecDeskParts> = {}) {
  const made = createKexecDesk({
    world,
    shelf: memoryShelf(FILES),
    onNamed: (id) => named.push(id),
    ...parts,
  });
  return (path: string, query = `mac=${BETA_MAC}&arch=x86_64`, asking = ASKING) => {
    const question = readKexecQuestion(path.split("/"), query);
    if (question === undefined) throw new Error("no such path");
    return made.answer(question, asking);
  };
}

function sha256(bytes: Uint8Array | undefined): string {
  return createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");
}

/** A shelf whose files are read when they are let. */
function heldShelf() {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const { openMedia } = memoryShelf(FILES);
  let opened = 0;
  const shelf: Pick<FileShelf, "openMedia"> = {
    async openMedia(generation: Generation, file: string) {
      opened++;
      await held;
      return openMedia(generation, file);
    },
  };
  return { shelf, letGo: () => letGo(), opened: () => opened };
}

test("the plan names each file with its size and its SHA-256, and begins no boot", async () => {
  const { status, text } = await desk()("beta/plan");
  expect(status).toBe(200);
  expect(text.split("\n")).toEqual([
    "# mayfly plan 1",
    "title='beta, Linux 6.12.9, from 0c1m2n-kexec-tree'",
    "generation=0c1m2n-kexec-tree",
    `part kernel 12110 ${sha256(FILES.get("bzImage"))} /media/0c1m2n-kexec-tree/bzImage`,
    `part initrd 336915 ${sha256(FILES.get("initrd.zst"))} /media/0c1m2n-kexec-tree/initrd.zst`,
    "# mayfly plan ends",
    "",
  ]);
  expect(log.all).toEqual([]);
  expect(named).toEqual([GENERATION.id]);
});

test("the start begins a boot, whose token is on the command line", async () => {
  const { text } = await desk()("beta/start", `mac=${BETA_MAC}&generation=older`);
  const line = `${GENERATION.kernelParams} mayfly.checkin=http://10.77.0.2:8080/checkin/${"T".repeat(64)}`;
  expect(text).toBe(
    `# mayfly plan 1\ncommand_line='${line}'\nfile_query='?boot=00112233445566ff'\n# mayfly plan ends\n`,
  );
  expect(log.of("script")).toMatchObject([
    { via: "kexec", peer: PEER, bootId: "00112233445566ff", decision: { generation: { id: "older" } } },
  ]);
});

test("a boot does not begin by another generation than the one that was planned", async () => {
  const { text } = await desk()("beta/start", `mac=${BETA_MAC}&planned=older`);
  expect(text).toBe(
    "# mayfly plan 1\nlack 'generation older was replaced a moment ago' 'start the command again'\n# mayfly plan ends\n",
  );
  expect(log.of("script")).toEqual([]);
  const { text: begun } = await desk()("beta/start", `mac=${BETA_MAC}&planned=${GENERATION.id}`);
  expect(begun).toContain("command_line=");
});

test("what is for one machine alone is taken for it before it is decided, and only when its boot begins", async () => {
  const taken: string[] = [];
  const prepare = ({ mac }: { mac: string }, { name }: { name: string }) => {
    if (taken.length > 0) return undefined;
    taken.push(`${name} ${mac}`);
    world.change([{ type: "published", image: "beta", generation: { ...GENERATION, id: "candidate" } }]);
    return Promise.resolve();
  };
  const ask = desk({ prepare });
  await ask("beta/plan");
  await ask("beta/start", `mac=${BETA_MAC}&generation=older`);
  await ask("beta/start", undefined, { ...ASKING, isAsking: true });
  expect(taken).toEqual([]);
  await ask("beta/start");
  expect(taken).toEqual([`beta ${BETA_MAC}`]);
  expect(log.of("script").at(-1)).toMatchObject({ decision: { generation: { id: "candidate" } } });
});

test("who only asks by HEAD begins none", async () => {
  const { text } = await desk()("beta/start", undefined, { ...ASKING, isAsking: true });
  expect(text).not.toContain("mayfly.checkin");
  expect(log.all).toEqual([]);
});

test("a number is that of the history of the host's image", async () => {
  const numbered = async (image: string, number: number) =>
    image === "beta" && number === 4 ? "older" : undefined;
  const ask = desk({ numbered });
  expect((await ask("beta/plan", `mac=${BETA_MAC}&generation=4`)).text).toContain("generation=older");
  expect((await ask("beta/plan", `mac=${BETA_MAC}&generation=5`)).text).toContain(
    "lack 'generation 5 of beta",
  );
});

test("while the digests are read the script is told to come back, and they are read once", async () => {
  const held = heldShelf();
  const ask = desk({ shelf: held.shelf, digestMs: 0 });
  expect((await ask("beta/plan")).text).toBe("# mayfly plan 1\nagain=2\n# mayfly plan ends\n");
  expect((await ask("beta/plan")).text).toContain("again=");
  expect(held.opened()).toBe(1);
  held.letGo();
  await createDigestReader(held.shelf).of(GENERATION, ["bzImage", "initrd.zst"], 10_000);
  const patient = desk({ shelf: held.shelf });
  expect((await patient("beta/plan")).text).toContain("part kernel");
});

test("a file that is gone is said to be gone, and looked for anew the next time", async () => {
  const files = new Map(FILES);
  const ask = desk({ shelf: memoryShelf(files) });
  files.delete("initrd.zst");
  expect((await ask("beta/plan")).text).toContain("was replaced a moment ago");
  files.set("initrd.zst", patternBytes(5));
  expect((await ask("beta/plan")).text).toContain(sha256(patternBytes(5)));
});

test("a machine that gets nothing is told why, and so is the log", async () => {
  const { text } = await desk()("beta/plan", `mac=${BETA_MAC}&arch=aarch64`);
  expect(text).toContain("lack 'the kernel of beta is for x86");
  expect(log.of("script")).toMatchObject([
    { via: "kexec", decision: { type: "refused", reason: "wrong-isa" } },
  ]);
  const unknown = await desk()("nobody");
  expect(unknown).toMatchObject({ status: 404, refusal: "no host is called nobody" });
  expect(unknown.text).toMatch(/^#!\/bin\/sh\nprintf .*\nexit 1\n$/);
});

test("kernel parameters that are too long are refused and not cut", async () => {
  const long = { ...GENERATION, id: "long", kernelParams: "x".repeat(3000) };
  world.change([{ type: "published", image: "beta", generation: long }]);
  const { text, refusal } = await desk()("beta/start");
  expect(text).toContain("lack 'the kernel parameters of beta cannot be used");
  expect(refusal).toContain("the kernel reads 2047");
});
