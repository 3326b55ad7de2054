/** Describes routes as OpenAPI does, from the very schemas that they read and answer with. @see OpenAPI 3.1 */

import * as z from "zod";
import { API } from "./mount.ts";
import { PROBLEM_STATUS, type ProblemCode } from "./problem.ts";
import type { Route } from "./route.ts";
import { problem } from "./schema/problem.ts";

type Json = Readonly<Record<string, unknown>>;

/** A route that forges ask, who prove by a secret of their own who they are. */
export interface HookRoute {
  /** Below `/api/v1`; it is a POST. */
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** The headers of which one proves it. */
  readonly proofs: readonly string[];
  /** Those of which one says what has happened. */
  readonly events: readonly string[];
  readonly contentTypes: readonly string[];
  readonly answers: z.ZodType;
}

/** The description, without the server's version. */
export interface ApiDescription extends Json {
  readonly openapi: string;
  readonly info: Json;
  readonly paths: Readonly<Record<string, Json>>;
}

export function describeApi(routes: readonly Route[], hooks: readonly HookRoute[]): ApiDescription {
  const paths: Record<string, Record<string, Json>> = {};
  for (const hook of hooks) paths[`${API}${hook.path}`] = { post: describeHook(hook) };
  for (const route of routes) {
    const path = `${API}${route.path}`;
    paths[path] = { ...paths[path], [route.method]: describeRoute(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Mayfly", description: "What a netboot server shows and how it is steered." },
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, "output") },
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "Made by 'mayfly token create'." },
        login: { type: "apiKey", in: "cookie", name: "mayfly-login", description: "Got at /login." },
      },
    },
  };
}

function describeRoute(route: Route): Json {
  const { method, path, scope, summary, params, query, body } = route;
  const parameters = [
    ...parametersOf("path", params),
    ...parametersOf("query", query),
    ...headersOf(route).map((name) => ({ name, in: "header", required: false, schema: { type: "string" } })),
  ];
  return {
    operationId: operationId(method, path),
    summary,
    tags: [path.split("/")[1] ?? ""],
    // On the server's own machine nobody needs any, unless the configuration says so.
    security: scope === "none" ? [] : [{ token: [scope] }, { login: [scope] }],
    "x-scope": scope,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: jsonContent(schemaOf(body, "input")),
          },
        }),
    responses: { "200": goodAnswer(route), ...noes(route) },
  };
}

function describeHook({
  path,
  summary,
  description,
  proofs,
  events,
  contentTypes,
  answers,
}: HookRoute): Json {
  const parameters = [...proofs, ...events].map((name) => ({
    ...{ name, in: "header", required: false, schema: { type: "string" } },
  }));
  const schema = { type: "object", description: "As the forge has it." };
  const noes = [
    "invalid",
    "unauthorized",
    "foreign-origin",
    "not-found",
    "too-large",
    "busy",
    "failed",
  ] as const;
  return {
    operationId: operationId("post", path),
    ...{
      summary,
      description,
      tags: [path.split("/")[1] ?? ""],
      security: [],
      "x-scope": "none",
      parameters,
    },
    requestBody: {
      required: true,
      content: Object.fromEntries(contentTypes.map((type) => [type, { schema }])),
    },
    responses: {
      "200": { description: "As asked.", content: jsonContent(schemaOf(answers, "output")) },
      ...describeNoes(noes),
    },
  };
}

function goodAnswer(route: Route): Json {
  if ("listen" in route) {
    const { events, contentType = "text/event-stream" } = route;
    if (events === undefined) {
      const schema = { type: "string", format: "binary" };
      return { description: "Bytes, as they come.", content: { [contentType]: { schema } } };
    }
    const description = "Events: each has one of these, as JSON, in its data.";
    const schema = { type: "string", "x-event": schemaOf(events, "output") };
    return { description, content: { [contentType]: { schema } } };
  }
  const { answers, contentType } = route;
  const content =
    answers === undefined
      ? { [contentType ?? "text/plain"]: { schema: { type: "string" } } }
      : jsonContent(schemaOf(answers, "output"));
  return { description: "As asked.", content };
}

/** Every no that a route can say, by its status. */
function noes(route: Route): Json {
  const { scope, method, params, query, noes: own = [] } = route;
  const codes: ProblemCode[] = [
    // A change is refused too that names a version where there is none.
    ...((params ?? query) || method !== "get" ? (["invalid"] as const) : []),
    ...(scope === "none" ? [] : (["no-token", "wrong-token", "too-many-attempts", "scope"] as const)),
    "foreign-origin",
    ...(method === "get" ? [] : (["no-own-header"] as const)),
    // What is sent along is read, wanted or not.
    ...(method === "get" ? [] : (["too-large", "not-json"] as const)),
    ...(isVersionedChange(route) ? (["changed"] as const) : []),
    ...(params === undefined ? [] : (["not-found"] as const)),
    ...own,
    "failed",
  ];
  return {
    ...(method === "get" && !("listen" in route)
      ? { "304": { description: "It is what If-None-Match says." } }
      : {}),
    ...describeNoes(codes),
  };
}

function describeNoes(codes: readonly ProblemCode[]): Json {
  const byStatus = Map.groupBy(new Set(codes), (code) => String(PROBLEM_STATUS[code]));
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  const entries = [...byStatus].map(([status, same]) => [
    status,
    { description: `Code ${same.join(", ")}.`, content },
  ]);
  return Object.fromEntries(entries);
}

function headersOf(route: Route): readonly string[] {
  if ("listen" in route) return route.events === undefined ? [] : ["Last-Event-ID"];
  if (route.method === "get") return ["If-None-Match"];
  return [...(isVersionedChange(route) ? ["If-Match", "If-None-Match"] : []), "X-Mayfly"];
}

function isVersionedChange(route: Route): boolean {
  return route.method !== "get" && "version" in route && route.version !== undefined;
}

function parametersOf(place: "path" | "query", schema: z.ZodType | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, "input") as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: each,
  }));
}

function jsonContent(schema: Json): Json {
  return { "application/json": { schema } };
}

/** What comes in is described as it is sent; what goes out as it is received. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

/** `getMachinesMac`. */
function operationId(method: string, path: string): string {
  const words = path.match(/[A-Za-z0-9]+/g) ?? [];
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
