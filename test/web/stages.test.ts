import { afterEach, beforeEach, expect, test } from "vitest";
import { stages } from "../../src/web/schema/sessions.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { homestakeros } from "../support/image-folders.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = await startAdminRig();
});
afterEach(() => rig.stop());

test("the stages of the boots of the last minutes are told in short", async () => {
  const published = rig.log.wait("published");
  rig.media.link("52-54-00-12-34-56", rig.media.store(homestakeros()));
  await published;
  await rig.script("52:54:00:12:34:56");
  const { text } = await rig.send("GET", "/api/v1/stages?minutes=5");
  const { boots, isCut, from } = stages.parse(JSON.parse(text));
  expect(isCut).toBe(false);
  expect(Date.now() - Date.parse(from)).toBeGreaterThanOrEqual(5 * 60_000);
  expect(boots).toMatchObject([{ outcome: "under-way", steps: [{ stage: "script" }] }]);
});

test("a time beyond all measure is refused", async () => {
  expect((await rig.send("GET", "/api/v1/stages?minutes=181")).status).toBe(400);
});
