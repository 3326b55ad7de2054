import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listHosts } from "../../src/commands/hosts.ts";
import { createToken, listTokens, revokeToken } from "../../src/commands/tokens.ts";
import type { SettingsRequest } from "../../src/config/load.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";

let rig: AdminRig;
beforeAll(async () => {
  rig = await startAdminRig({}, "adminToken: always\n");
});
afterAll(() => rig.stop());

const plain = { json: false };
/** Of somebody on the server's machine who may read its state folder, while no server runs. */
const offline = (): SettingsRequest => ({
  flags: { state: join(rig.media.folder, "state") },
  // Where nobody listens.
  env: {},
  cwd: rig.media.folder,
});

test("where everybody needs a token, the first one is made while no server runs, and the others with it", async () => {
  await expect(listHosts(rig.request, plain)).rejects.toThrow(
    /a token is wanted here; 'mayfly token create NAME'.*\$MAYFLY_TOKEN/,
  );
  await rig.app.stop();
  expect(await listTokens(offline(), plain)).toEqual(["There is no token: nobody is let in from elsewhere."]);
  const root = await createToken(offline(), "root", { scope: "admin" });
  expect(root.notes).toEqual([
    "The token 'root' may see and steer, and make and revoke tokens. It is shown this once.",
  ]);
  await rig.restart();

  const asRoot = { ...rig.request, token: root.text };
  const { text, notes } = await createToken(asRoot, "anna", { scope: "read", days: "7" });
  expect(notes).toEqual([
    "The token 'anna' may see everything and change nothing for 7 days. It is shown this once.",
  ]);
  expect(await listTokens(asRoot, plain)).toEqual([
    expect.stringMatching(/^TOKEN +SCOPE +MADE +UNTIL$/),
    expect.stringMatching(/^anna +read +\d{4}-\d\d-\d\d +\d{4}-\d\d-\d\d$/),
    expect.stringMatching(/^root +admin +\d{4}-\d\d-\d\d +-$/),
  ]);
  const [json = ""] = await listTokens(asRoot, { json: true });
  expect(JSON.parse(json).tokens).toMatchObject([{ name: "anna" }, { name: "root", scope: "admin" }]);

  const asAnna = { ...rig.request, env: { MAYFLY_TOKEN: text } };
  expect(await listHosts(asAnna, plain)).toEqual(["No host has a name or an image yet."]);
  await expect(createToken(asAnna, "more", { scope: "admin" })).rejects.toThrow(
    "the token 'anna' is for 'read'; this needs 'admin'",
  );
  await expect(createToken(asRoot, "anna", { scope: "read" })).rejects.toThrow(
    "there is a token 'anna' already",
  );
  expect(await revokeToken(asRoot, "anna")).toEqual([
    "The token 'anna', and whoever has logged in with it, counts no more.",
  ]);
  await expect(revokeToken(asRoot, "anna")).rejects.toThrow("there is no token 'anna'");
  await expect(listHosts(asAnna, plain)).rejects.toThrow("does not count");
});

test("who has no token that may make one is told how the first one is made, with the folder", async () => {
  const folder = join(rig.media.folder, "state");
  // As on the server's own machine, where its own configuration says where it listens.
  const here = {
    flags: { state: folder },
    env: {},
    cwd: rig.media.folder,
  };
  writeFileSync(
    join(rig.media.folder, "mayfly.yaml"),
    `adminToken: always\nadmin: 127.0.0.1:${rig.app.served.admin?.port}\n`,
  );
  const cure = `stop the server, run this again (it writes to ${folder}), and start it`;
  const make = (request: SettingsRequest) => createToken(request, "first", { scope: "admin" });
  await expect(make(here)).rejects.toThrow(
    `a token is wanted here; show one of scope admin in $MAYFLY_TOKEN`,
  );
  await expect(make(here)).rejects.toThrow(cure);
  await expect(make({ ...here, token: "mayfly_expired" })).rejects.toThrow(cure);
  await expect(listTokens({ ...here, token: "mayfly_expired" }, plain)).rejects.toThrow(cure);
  // Whoever names a server may sit elsewhere.
  await expect(make(rig.request)).rejects.toThrow(
    "on its machine: stop the server, run 'mayfly token' there",
  );
  await rig.app.stop();
  const first = await make(here);
  await rig.restart();
  expect(await listTokens({ ...rig.request, token: first.text }, plain)).toContainEqual(
    expect.stringMatching(/^first +admin/),
  );
});

test("whoever names a server means no state folder", async () => {
  const elsewhere = { flags: { admin: "127.0.0.1:1" }, env: {}, cwd: rig.media.folder };
  await expect(createToken(elsewhere, "x", { scope: "read" })).rejects.toThrow("no server answers at");
});

test.each([
  ["a name", () => createToken(rig.request, "a b", { scope: "read" }), "NAME: read 'a b'"],
  [
    "a scope",
    () => createToken(rig.request, "a", { scope: "all" }),
    "--scope: read 'all', want read, operate, admin",
  ],
  ["days", () => createToken(rig.request, "a", { scope: "read", days: "0" }), "--days: read '0'"],
])("a slip is told before anybody is asked: %s", async (_what, run, message) => {
  await expect(run()).rejects.toThrow(message);
});
