/** Every route, asked by everybody: who gets in is told by its scope alone. */

import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mayDo, SCOPES, type Scope } from "../../src/boot/access/token.ts";
import { ROUTES } from "../../src/web/api.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { nameOf, SAMPLE_HOST, SAMPLE_MAC, sampleOptions, samplePath } from "../support/api-calls.ts";

/** Routes that let everybody in and look after themselves. */
const OPEN: readonly string[] = [];

const closed = ROUTES.filter((route) => !OPEN.includes(nameOf(route)));
const changing = closed.filter(({ method }) => method !== "get");
const answering = closed.filter((route) => !("listen" in route));
let rig: AdminRig;
const tokens = new Map<Scope, string>();
const bearer = (scope: Scope) => ({ Authorization: `Bearer ${tokens.get(scope)}` });

beforeAll(async () => {
  rig = await startAdminRig({}, "adminToken: always\nadminNames: [mayfly.example.net]\n");
  await rig.app.stop();
  const { createToken } = await import("../../src/commands/tokens.ts");
  const request = { flags: { state: `${rig.media.folder}/state` }, env: {}, cwd: rig.media.folder };
  for (const scope of SCOPES) tokens.set(scope, (await createToken(request, scope, { scope })).text);
  await rig.restart();
  await rig.script(SAMPLE_MAC);
});
afterAll(() => rig.stop());

const codeOf = ({ status, text }: { readonly status: number; readonly text: string }) => [
  status,
  status >= 400 ? JSON.parse(text).code : undefined,
];

test("every route wants a scope, and none that changes something is content with 'read'", () => {
  expect(closed.filter(({ scope }) => scope === "none").map(nameOf)).toEqual([]);
  expect(changing.filter(({ scope }) => scope === "read").map(nameOf)).toEqual([]);
  expect(changing.length).toBeGreaterThan(3);
});

describe("without a token there is nothing but health", () => {
  test("which says that the server is there", async () => {
    expect(await rig.send("GET", "/healthz")).toMatchObject({ status: 200, text: "ok\n" });
  });
  test.each(closed.map((route) => [nameOf(route), route] as const))("%s", async (_name, route) => {
    const answer = await rig.send(route.method.toUpperCase(), samplePath(route), sampleOptions(route));
    expect(codeOf(answer)).toEqual([401, "no-token"]);
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="mayfly"');
  });
  test.each(["/", "/index.html", "/assets/app.js", "/hosts"])("not even the page at %s", async (path) => {
    const asProgram = await rig.send("GET", path);
    expect(codeOf(asProgram)).toEqual([401, "no-token"]);
    const asPerson = await rig.send("GET", path, { headers: { Accept: "text/html" } });
    expect(asPerson.status).toBe(401);
  });
});

describe.each(SCOPES)("a token for '%s'", (scope) => {
  const beyond = closed.filter((route) => route.scope !== "none" && !mayDo(scope, route.scope));
  const within = answering.filter(
    (route) => route.method === "get" && route.scope !== "none" && mayDo(scope, route.scope),
  );
  if (beyond.length > 0) {
    test.each(beyond.map((route) => [nameOf(route), route] as const))("may not: %s", async (_name, route) => {
      const before = rig.app.world.snapshot();
      const options = sampleOptions(route, { ...bearer(scope), "X-Mayfly": "1" });
      const answer = await rig.send(route.method.toUpperCase(), samplePath(route), options);
      expect(codeOf(answer)).toEqual([403, "scope"]);
      expect(rig.app.world.snapshot()).toBe(before);
    });
  }
  test.each(within.map((route) => [nameOf(route), route] as const))("may: %s", async (_name, route) => {
    const { status } = await rig.send("GET", samplePath(route), { headers: bearer(scope) });
    expect([401, 403, 429]).not.toContain(status);
  });
});

test("a token for 'read' can change nothing: every route that does was tried, and all is as it was", async () => {
  const state = async () => {
    const paths = ["/api/v1/hosts", "/api/v1/machines", "/api/v1/hosts/export"];
    const all = await Promise.all(paths.map((path) => rig.send("GET", path, { headers: bearer("read") })));
    return all.map(({ text }) => text);
  };
  const before = await state();
  for (const route of changing) {
    for (const body of ["{}", JSON.stringify({ host: SAMPLE_HOST, name: "x", scope: "admin" })]) {
      const headers = {
        ...bearer("read"),
        "X-Mayfly": "1",
        "Content-Type": "application/json",
        // Node's client leaves it out of a DELETE.
        "Content-Length": String(body.length),
      };
      const { status } = await rig.send(route.method.toUpperCase(), samplePath(route), { headers, body });
      expect([nameOf(route), status]).toEqual([nameOf(route), 403]);
    }
  }
  expect(await state()).toEqual(before);
});

test.each([
  ["another name for this machine", { Host: "evil.example:8081" }],
  ["a page of another site", { Origin: "http://evil.example" }],
  ["a page of another port of this machine", { Origin: "http://127.0.0.1:1" }],
  ["a page of nowhere", { Origin: "null" }],
  ["what a page of another site fetches", { "Sec-Fetch-Site": "cross-site" }],
])("%s is refused everywhere, whatever token it shows", async (_who, headers) => {
  for (const route of closed) {
    const options = sampleOptions(route, { ...bearer("admin"), "X-Mayfly": "1", ...headers });
    const answer = await rig.send(route.method.toUpperCase(), samplePath(route), options);
    expect([nameOf(route), ...codeOf(answer)]).toEqual([nameOf(route), 403, "foreign-origin"]);
  }
});

test("who may do something may do it, and it is known who did", async () => {
  const path = `/api/v1/machines/${SAMPLE_MAC}/approve`;
  const options = {
    headers: { ...bearer("operate"), "Content-Type": "application/json" },
    body: '{"host":"beta"}',
  };
  expect((await rig.send("POST", path, options)).status).toBe(200);
  expect(rig.log.of("approved")).toEqual([
    { type: "approved", mac: SAMPLE_MAC, host: "beta", by: "operate" },
  ]);
  expect(rig.log.of("steered")).toEqual([{ type: "steered", by: "operate", method: "POST", path }]);
  await rig.send("DELETE", path, { headers: bearer("admin") });
  expect(rig.log.of("unapproved")).toEqual([
    { type: "unapproved", mac: SAMPLE_MAC, host: "beta", by: "admin" },
  ]);
});

test("a token that is revoked ends the event stream that it began", async () => {
  const made = await rig.send("POST", "/api/v1/tokens", {
    headers: { ...bearer("admin"), "Content-Type": "application/json" },
    body: '{"name":"watcher","scope":"read"}',
  });
  const { token } = JSON.parse(made.text);
  const closing = Promise.withResolvers<void>();
  const greeted = Promise.withResolvers<void>();
  const asked = httpRequest(
    {
      ...{ host: "127.0.0.1", port: rig.app.served.admin?.port ?? 0, path: "/api/v1/events" },
      headers: { Authorization: `Bearer ${token}` },
    },
    (response) => {
      response.once("data", () => greeted.resolve());
      response.on("error", () => {});
      response.on("close", () => closing.resolve());
      response.resume();
    },
  );
  asked.on("error", () => {});
  asked.end();
  await greeted.promise;
  await rig.send("DELETE", "/api/v1/tokens/watcher", { headers: bearer("admin") });
  // What is told next, of whoever revoked it, ends it.
  await closing.promise;
});

test("many wrong tokens are no longer heard, and a right one still is", async () => {
  const headers = { Authorization: "Bearer mayfly_wrong" };
  const codes: unknown[] = [];
  for (let i = 0; i < 12; i++) codes.push(codeOf(await rig.send("GET", "/api/v1/status", { headers }))[1]);
  expect(codes).toEqual([...Array(10).fill("wrong-token"), "too-many-attempts", "too-many-attempts"]);
  const answer = await rig.send("GET", "/api/v1/status", { headers });
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  expect((await rig.send("GET", "/api/v1/status", { headers: bearer("read") })).status).toBe(200);
});
