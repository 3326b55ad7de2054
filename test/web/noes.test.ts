/** Every no that the description of the API lists is provoked, and none is said that it does not list. */

import { type ClientRequest, request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROUTES } from "../../src/web/api.ts";
import { PROBLEM_STATUS, type ProblemCode } from "../../src/web/problem.ts";
import type { Route } from "../../src/web/route.ts";
import { type AdminRig, type Answer, startAdminRig } from "../support/admin-rig.ts";
import { nameOf, SAMPLE_HOST, SAMPLE_MAC, samplePath } from "../support/api-calls.ts";
import { homestakeros } from "../support/image-folders.ts";

const OTHER_MAC = "52:54:00:12:34:57";
const JSON_TYPE = { "Content-Type": "application/json" };

let rig: AdminRig;
let paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
const open: ClientRequest[] = [];

beforeAll(async () => {
  const hosts = { [SAMPLE_HOST]: { macs: [SAMPLE_MAC] }, gamma: { macs: [OTHER_MAC] } };
  rig = await startAdminRig({}, JSON.stringify({ hosts }));
  const published = rig.log.wait("published");
  rig.media.link(SAMPLE_HOST, rig.media.store(homestakeros("init=/beta/init")));
  await published;
  paths = JSON.parse((await rig.send("GET", "/api/v1/openapi.json")).text).paths;
});
afterAll(async () => {
  for (const each of open) each.destroy();
  await rig.stop();
});

const described = ({ method, path }: Route, code: ProblemCode) =>
  paths[`/api/v1${path}`]?.[method]?.responses[String(PROBLEM_STATUS[code])]?.description ?? "";

/** What came is this no, and the route's description lists it. */
function expectNo(route: Route, { status, text }: Answer, code: ProblemCode): void {
  expect([nameOf(route), status, JSON.parse(text).code]).toEqual([nameOf(route), PROBLEM_STATUS[code], code]);
  expect(described(route, code)).toMatch(new RegExp(`\\b${code}\\b`));
}

describe.each(ROUTES.map((route) => [nameOf(route), route] as const))("%s", (_name, route) => {
  const send = (headers: Readonly<Record<string, string>>, body?: string) => {
    // Node says nothing of the length of what it sends with a DELETE.
    const length = { "Content-Length": String(body?.length ?? 0) };
    const options = body === undefined ? { headers } : { headers: { ...headers, ...length }, body };
    return rig.send(route.method.toUpperCase(), samplePath(route), options);
  };

  test("says no to a page of another site", async () => {
    expectNo(route, await send({ Origin: "http://evil.example" }), "foreign-origin");
  });
  if (route.method === "get") return;
  test("says no to what is no JSON, to half of it and to too much of it", async () => {
    expectNo(route, await send({ "Content-Type": "text/plain" }, "x"), "not-json");
    expectNo(route, await send(JSON_TYPE, '{"a"'), "invalid");
    expectNo(route, await send(JSON_TYPE, JSON.stringify({ a: "x".repeat(20_000) })), "too-large");
  });
  test("says no to a version that it does not have", async () => {
    const isVersioned = "version" in route && route.version !== undefined;
    const body = route.body === undefined ? undefined : bodyOf(nameOf(route));
    const headers = { ...(body === undefined ? {} : JSON_TYPE), "If-Match": '"x"' };
    expectNo(route, await send(headers, body), isVersioned ? "changed" : "invalid");
  });
  test("wants a body only where it says so", async () => {
    if (route.body === undefined) return;
    const operation = JSON.parse((await rig.send("GET", "/api/v1/openapi.json")).text).paths;
    const { requestBody } = operation[`/api/v1${route.path}`][route.method];
    const { status, text } = await send({});
    if (!requestBody.required) expect([status, text]).not.toEqual([400, expect.anything()]);
    else {
      expect([status, JSON.parse(text).code]).toEqual([400, "invalid"]);
      expect(JSON.parse(text).detail).toBe("a body of type application/json is wanted");
    }
  });
});

const BODIES: Readonly<Record<string, string>> = {
  "POST /machines/{mac}/approve": `{"host":"${SAMPLE_HOST}"}`,
  "POST /rollouts/{name}/once": '{"generation":1}',
  "POST /tokens": '{"name":"x","scope":"read"}',
};
const bodyOf = (name: string) => BODIES[name] ?? "{}";

/** What provokes each no of its own: the last of these requests is answered by it. */
type Provocation = () => Promise<Answer>;

const post = (path: string, body?: string) =>
  rig.send("POST", `/api/v1${path}`, body === undefined ? {} : { headers: JSON_TYPE, body });
const twice = async (path: string, body?: string) => {
  await post(path, body);
  return post(path, body);
};

const PROVOKED: Readonly<Record<string, Provocation>> = {
  "POST /machines/{mac}/approve refused": () => post(`/machines/${SAMPLE_MAC}/approve`, '{"host":"delta"}'),
  "POST /machines/{mac}/wake refused": async () => {
    const elsewhere = await startAdminRig({ interfaces: ["mf-none0"] });
    try {
      return await elsewhere.send("POST", `/api/v1/machines/${SAMPLE_MAC}/wake`);
    } finally {
      await elsewhere.stop();
    }
  },
  "GET /machines/{mac}/capture refused": async () => {
    const path = `/api/v1/machines/${SAMPLE_MAC}/capture`;
    for (let count = 0; count < 16; count++) await begin(path);
    return rig.send("GET", path);
  },
  "POST /rollouts/{name}/rollback refused": () => post("/rollouts/beta/rollback"),
  "POST /rollouts/{name}/pin refused": () => post("/rollouts/gamma/pin"),
  "POST /rollouts/{name}/promote refused": () => post("/rollouts/beta/promote"),
  "POST /rollouts/{name}/hold refused": () => twice("/rollouts/beta/hold"),
  "POST /rollouts/{name}/release refused": () => post("/rollouts/gamma/release"),
  "POST /rollouts/{name}/unpin refused": () => post("/rollouts/gamma/unpin", "{}"),
  "POST /rollouts/{name}/once refused": () =>
    post("/rollouts/beta/once", `{"generation":1,"mac":"${OTHER_MAC}"}`),
  "DELETE /rollouts/{name}/once refused": () => rig.send("DELETE", "/api/v1/rollouts/beta/once"),
  "POST /hosts/{name}/build refused": () => post("/hosts/beta/build"),
  "POST /notifications/test not-found": () => post("/notifications/test", '{"name":"nobody"}'),
  "POST /tokens refused": () => twice("/tokens", '{"name":"anna","scope":"read"}'),
};

/** Resolves when the answer has begun; it goes on. */
function begin(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const to = { host: "127.0.0.1", port: rig.app.served.admin?.port, path, agent: false };
    open.push(
      request(to, (response) => {
        response.on("error", () => {}).resume();
        resolve();
      })
        .on("error", reject)
        .end(),
    );
  });
}

const OWN = ROUTES.flatMap((route) => (route.noes ?? []).map((code) => ({ route, code })));

test("each no of a route's own has what provokes it", () => {
  expect(OWN.map(({ route, code }) => `${nameOf(route)} ${code}`).toSorted()).toEqual(
    Object.keys(PROVOKED).toSorted(),
  );
});

test.each(OWN.map(({ route, code }) => [`${nameOf(route)} ${code}`, route, code] as const))(
  "%s is said and described",
  async (name, route, code) => {
    const provoked = PROVOKED[name];
    if (provoked === undefined) throw new Error(`nothing provokes ${name}`);
    expectNo(route, await provoked(), code);
  },
);
