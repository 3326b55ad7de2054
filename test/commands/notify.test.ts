import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { listTargets, tryTargets } from "../../src/commands/notify.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { type HookReceiver, startHookReceiver, withStatus } from "../support/hook-receiver.ts";
import { tempFolder } from "../support/temp-folder.ts";

let receiver: HookReceiver;
let rig: AdminRig;
let printed: string[];
const config = () =>
  `notify:\n  phone: { url: "${receiver.url}", format: ntfy, events: boot-failed }\n  program: { url: "${receiver.url}" }\n`;
const options = { json: false, print: (lines: readonly string[]) => void printed.push(...lines) };

beforeAll(async () => {
  receiver = await startHookReceiver();
  rig = await startAdminRig({}, config());
});
afterAll(async () => {
  await rig.stop();
  await receiver.close();
});
beforeEach(() => {
  printed = [];
});

test("a test goes to each place, and what came back stands in a table", async () => {
  await tryTargets(rig.request, undefined, options);
  expect(printed.join("\n")).toMatch(
    /^NAME +ARRIVED +TOOK +ANSWER\nphone +yes +\d+ ms +status 200: ok\nprogram +yes/,
  );
  const [ntfy] = receiver.received.filter(({ path }) => path === "/");
  expect(JSON.parse(ntfy?.body ?? "")).toMatchObject({ topic: "hook", title: "A test from Mayfly" });
});

test("one that does not arrive is told with the answer, and is an error", async () => {
  receiver.answer(withStatus(404, {}, "no such topic"));
  const tried = tryTargets(rig.request, "phone", options);
  await expect(tried).rejects.toThrow("no test message arrived at phone");
  expect(printed.at(-1)).toMatch(/^phone +no +\d+ ms +status 404: no such topic$/);
});

test("a name that is none is told", async () => {
  await expect(tryTargets(rig.request, "fax", options)).rejects.toThrow("'notify:' names no 'fax'");
});

test("the places are listed with what they are told, and no address", async () => {
  expect((await listTargets(rig.request, { json: false }))[1]).toMatch(/^phone +ntfy +boot-failed$/);
  const json = (await listTargets(rig.request, { json: true })).join("");
  expect(JSON.parse(json).targets.map(({ name }: { name: string }) => name)).toEqual(["phone", "program"]);
  expect(json).not.toContain("127.0.0.1");
});

test("a server tells of an unknown machine by itself, and what waits is sent when it stops and starts anew", async () => {
  await rig.script("52:54:00:aa:bb:cc");
  const before = receiver.received.length;
  await rig.restart();
  await receiver.wait(before + 1);
  const last = JSON.parse(receiver.received.at(-1)?.body ?? "");
  expect(last).toMatchObject({
    event: "unknown-machine",
    title: "An unknown machine asks: 52:54:00:aa:bb:cc",
  });
});

test("where no server runs the test is sent from here", async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, "mayfly.yaml"), `admin: 127.0.0.1:1\n${config()}`);
  const request = { flags: {}, env: {}, cwd: folder };
  await tryTargets(request, "program", { ...options, json: true });
  expect(JSON.parse(printed.join("")).results).toMatchObject([{ name: "program", delivered: true }]);
  await expect(tryTargets(request, "fax", options)).rejects.toThrow("PLACE: read 'fax', want phone, program");
});
