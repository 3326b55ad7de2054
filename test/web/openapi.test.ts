/** The API's own description, held against the routes and against what they really answer. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { ROUTES } from "../../src/web/api.ts";
import type { Route } from "../../src/web/route.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { nameOf, SAMPLE_HOST, SAMPLE_MAC, sampleOptions, samplePath } from "../support/api-calls.ts";
import { homestakeros } from "../support/image-folders.ts";

type Json = Readonly<Record<string, unknown>>;
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly Json[];
  readonly "x-scope": string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Json }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
}

let rig: AdminRig;
let described: { readonly openapi: string; readonly paths: Record<string, Record<string, Operation>> };
let problemSchema: Json;

beforeAll(async () => {
  rig = await startAdminRig();
  const published = rig.log.wait("published");
  rig.media.link(SAMPLE_HOST, rig.media.store(homestakeros("init=/beta/init")));
  await published;
  await rig.script(SAMPLE_MAC, "&serial=S1&product=X11");
  const text = (await rig.send("GET", "/api/v1/openapi.json")).text;
  described = JSON.parse(text);
  problemSchema = JSON.parse(text).components.schemas.Problem;
});
afterAll(() => rig.stop());

function operationOf({ method, path }: Route): Operation {
  const operation = described.paths[`/api/v1${path}`]?.[method];
  if (operation === undefined) throw new Error(`${method} ${path} is not described`);
  return operation;
}

/** Why a value is not as its JSON schema says; an object may have no field that is not described. */
function faults(schema: Json, value: unknown): string {
  const result = z.fromJSONSchema(closedSchema(schema) as z.core.JSONSchema.JSONSchema).safeParse(value);
  return result.success ? "" : z.prettifyError(result.error);
}

function closedSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closedSchema);
  if (typeof schema !== "object" || schema === null) return schema;
  const each = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closedSchema(value)]));
  return "properties" in each && !("additionalProperties" in each)
    ? { ...each, additionalProperties: false }
    : each;
}

test("the description is of OpenAPI 3.1, and of these routes and no others", () => {
  expect(described.openapi).toBe("3.1.0");
  const listed = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace("/api/v1", "")}`),
  );
  expect(listed.sort()).toEqual([...ROUTES.map(nameOf), "POST /hooks/build"].sort());
  const ids = ROUTES.map((route) => operationOf(route).operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

describe.each(ROUTES.map((route) => [nameOf(route), route] as const))("%s", (_name, route) => {
  test("is described with its scope, its parameters and its noes", () => {
    const operation = operationOf(route);
    expect(operation.summary).toBe(route.summary);
    expect(operation["x-scope"]).toBe(route.scope);
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const named = operation.parameters?.filter((each) => each.in === "path").map(({ name }) => name);
    expect(named ?? []).toEqual(inPath);
    expect(operation.requestBody !== undefined).toBe(route.body !== undefined);
    const statuses = Object.keys(operation.responses);
    expect(statuses).toEqual(expect.arrayContaining(["200", "403", "500"]));
    if (route.scope !== "none") {
      expect(operation.security).toContainEqual({ token: [route.scope] });
      expect(statuses).toEqual(expect.arrayContaining(["401", "429"]));
    }
    if (inPath.length > 0) expect(statuses).toContain("400");
  });
});

/** What makes a route answer with more than a no; what was done is undone by the last ones. */
const CALLS: Readonly<Record<string, string>> = {
  "POST /machines/{mac}/approve": `{"host":"${SAMPLE_HOST}"}`,
  "POST /tokens": `{"name":"${SAMPLE_HOST}","scope":"read","days":1}`,
};
const order = ["post", "put", "get", "delete"];
const asked = ROUTES.filter((route) => !("listen" in route)).toSorted(
  (a, b) => order.indexOf(a.method) - order.indexOf(b.method) || b.path.length - a.path.length,
);

test.each(asked.map((route) => [nameOf(route), route] as const))(
  "%s answers as it is described",
  async (name, route) => {
    const { headers } = sampleOptions(route);
    const body = CALLS[name];
    const options =
      body === undefined
        ? sampleOptions(route)
        : { headers: { ...headers, "Content-Type": "application/json" }, body };
    const answer = await rig.send(route.method.toUpperCase(), samplePath(route), options);
    const operation = operationOf(route);
    const content = operation.responses[String(answer.status)]?.content;
    const type = String(answer.headers["content-type"]).split(";")[0] ?? "";
    expect([answer.status, Object.keys(content ?? {})]).toEqual([answer.status, [type]]);
    if (answer.status >= 400) {
      expect(faults(problemSchema, JSON.parse(answer.text))).toBe("");
      // What this rig has all of, it is not refused.
      expect(route.path).not.toMatch(
        /^\/(status|openapi.json|(hosts|machines|tokens)(\/\{\w+\}(\/approve)?)?)$/,
      );
    } else if (type === "application/json") {
      expect(faults(content?.[type]?.schema ?? {}, JSON.parse(answer.text))).toBe("");
    }
  },
);

test("the forges' hook is described with its proofs, its answer and its noes, and answers so", async () => {
  const hook = described.paths["/api/v1/hooks/build"]?.post;
  expect(hook).toMatchObject({ security: [], "x-scope": "none" });
  expect(hook?.parameters?.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["X-Hub-Signature-256", "X-Gitea-Signature", "X-Gitlab-Token"]),
  );
  expect(Object.keys(hook?.responses ?? {})).toEqual(
    expect.arrayContaining(["200", "400", "401", "403", "404", "413", "500"]),
  );
  const ids = Object.values(described.paths).flatMap((each) =>
    Object.values(each).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
  // There is no secret here.
  const answer = await rig.send("POST", "/api/v1/hooks/build", { body: "{}" });
  expect(answer.status).toBe(404);
  expect(faults(problemSchema, JSON.parse(answer.text))).toBe("");
});

test("a field that is not described is found", () => {
  const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  expect(faults(schema, { a: "x" })).toBe("");
  expect(faults(schema, { a: "x", b: 1 })).not.toBe("");
  expect(faults(schema, { a: 1 })).not.toBe("");
  expect(faults(schema, {})).not.toBe("");
});

test("each event of the stream is described by its type", () => {
  const route = ROUTES.find(({ path }) => path === "/events");
  const schema =
    route && operationOf(route).responses["200"]?.content?.["text/event-stream"]?.schema["x-event"];
  const types = (schema as { oneOf: { properties: { type: { const: string } } }[] }).oneOf.map(
    ({ properties }) => properties.type.const,
  );
  expect(types).toEqual(expect.arrayContaining(["hello", "alive", "gap", "session", "transfer", "progress"]));
});
