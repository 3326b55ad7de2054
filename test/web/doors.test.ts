/** Every way into the admin plane, its API's routes and all that stands beside them, tried by those who may not. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Admin } from "../../src/web/admin.ts";
import { createApi, ROUTES } from "../../src/web/api.ts";
import { type AdminRig, type SendOptions, startAdminRig } from "../support/admin-rig.ts";
import { nameOf, sampleOptions, samplePath } from "../support/api-calls.ts";

interface Door {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly options: SendOptions;
  /** What it answers to one who shows nothing: the status and the code. */
  readonly closed: readonly [number, string | undefined];
}

const FORM = { "Content-Type": "application/x-www-form-urlencoded" };

/** What is no route of the API. A new one has to be entered here, with what it says to strangers. */
const BESIDE: readonly Door[] = [
  { name: "POST /api/v1/hooks/build", options: { body: "{}" }, closed: [404, "not-found"] },
  { name: "GET /healthz", options: {}, closed: [200, undefined] },
  { name: "GET /metrics", options: {}, closed: [401, "no-token"] },
  { name: "GET /login", options: {}, closed: [200, undefined] },
  { name: "POST /login", options: { headers: FORM, body: "token=x" }, closed: [401, undefined] },
  { name: "POST /logout", options: {}, closed: [303, undefined] },
].map((door) => {
  const [method = "", path = ""] = door.name.split(" ");
  return { ...door, method, path, closed: door.closed as unknown as Door["closed"] };
});

/** The page and its files, which are no route either; and what is nowhere. */
const PAGE: readonly Door[] = [
  ["GET", "/", 401],
  ["GET", "/hosts", 401],
  ["GET", "/assets/app.js", 401],
  ["HEAD", "/", 401],
  ["HEAD", "/metrics", 401],
  ["HEAD", "/api/v1/hosts", 401],
  ["HEAD", "/api/v1/events", 401],
  ["POST", "/", 404],
  ["GET", "/api/v1", 404],
  ["GET", "/api/v1/nothing", 404],
  ["PATCH", "/api/v1/hosts", 404],
  ["OPTIONS", "/api/v1/hosts", 404],
].map(([method, path, status]) => ({
  ...{ name: `${method} ${path}`, method: String(method), path: String(path), options: {} },
  closed: [Number(status), status === 401 ? "no-token" : "not-found"] as const,
}));

const API: readonly Door[] = ROUTES.map((route) => ({
  ...{ name: nameOf(route), method: route.method.toUpperCase(), path: samplePath(route) },
  ...{ options: sampleOptions(route), closed: [401, "no-token"] as const },
}));

let rig: AdminRig;

beforeAll(async () => {
  rig = await startAdminRig({}, "adminToken: always\n");
});
afterAll(() => rig.stop());

test("these are all the doors that there are", () => {
  const access = { names: [], always: true, list: () => [] };
  // Nothing is asked of it: only which routes express has.
  const app = createApi({ access, pageFolder: "/nowhere" } as unknown as Admin);
  const found = app.router.stack.flatMap(({ route }) =>
    route === undefined ? [] : route.stack.map(({ method }) => `${method.toUpperCase()} ${route.path}`),
  );
  const listed = ROUTES.map(
    ({ method, path }) => `${method.toUpperCase()} /api/v1${path.replaceAll(/\{(\w+)\}/g, ":$1")}`,
  );
  // What reads a body stands before its route as one of the same name.
  expect([...new Set(found)].toSorted()).toEqual([...listed, ...BESIDE.map(({ name }) => name)].toSorted());
});

async function knock({ method, path, options }: Door, headers: Readonly<Record<string, string>> = {}) {
  const before = rig.app.world.snapshot();
  const answer = await rig.send(method, path, {
    ...options,
    headers: { ...options.headers, ...headers },
  });
  expect(rig.app.world.snapshot()).toBe(before);
  const isProblem = String(answer.headers["content-type"]).startsWith("application/problem+json");
  return [answer.status, isProblem && answer.text !== "" ? JSON.parse(answer.text).code : undefined];
}

describe("without a token there is nothing but health and the way to log in", () => {
  test.each([...API, ...BESIDE, ...PAGE].map((door) => [door.name, door] as const))(
    "%s",
    async (_name, door) => {
      const [status, code] = door.closed;
      // An answer to HEAD has no body to say why.
      expect(await knock(door)).toEqual([status, door.method === "HEAD" ? undefined : code]);
    },
  );
});

test.each([
  ["another name for this machine", { Host: "evil.example:8081" }],
  ["a page of another site", { Origin: "http://evil.example" }],
  ["a page of nowhere", { Origin: "null" }],
  ["what a page of another site fetches", { "Sec-Fetch-Site": "cross-site" }],
  ["a page of a neighbour's site", { "Sec-Fetch-Site": "same-site" }],
])("%s is refused at every door, health and login too", async (_who, headers) => {
  for (const door of [...API, ...BESIDE, ...PAGE]) {
    const code = door.method === "HEAD" ? undefined : "foreign-origin";
    expect([door.name, ...(await knock(door, headers))]).toEqual([door.name, 403, code]);
  }
});
