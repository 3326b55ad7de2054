import { afterAll, beforeAll, expect, test } from "vitest";
import { type AdminRig, type SendOptions, startAdminRig } from "../support/admin-rig.ts";

const MAC = "00:1b:21:12:34:56";
const APPROVE = `/api/v1/machines/${MAC}/approve`;

// Nothing that is refused changes anything, so that one server will do.
let rig: AdminRig;

beforeAll(async () => {
  rig = await startAdminRig();
});
afterAll(() => rig.stop());

const json = { "Content-Type": "application/json" };
test.each([
  [
    "an address that is none",
    "POST",
    "/api/v1/machines/xyz/approve",
    { headers: json, body: '{"host":"b"}' },
    400,
  ],
  ["a name that is none", "POST", APPROVE, { headers: json, body: '{"host":"a b"}' }, 400],
  ["a name that is none of a host", "POST", APPROVE, { headers: json, body: '{"host":"export"}' }, 400],
  ["a key that is not known", "POST", APPROVE, { headers: json, body: '{"host":"b","image":"/x"}' }, 400],
  ["no body", "POST", APPROVE, { headers: json }, 400],
  ["half a body", "POST", APPROVE, { headers: json, body: '{"host"' }, 400],
  ["a page of another size", "GET", "/api/v1/machines?limit=0", {}, 400],
  ["a cursor that is none", "GET", "/api/v1/machines?cursor=%25", {}, 400],
  ["a path that is none", "GET", "/api/v1/machines/%zz", {}, 400],
  ["another path", "GET", "/api/v2/machines", {}, 404],
  ["another method", "PUT", APPROVE, { headers: json, body: "{}" }, 404],
  ["an approval that was never given", "DELETE", APPROVE, {}, 404],
  [
    "text, as a form of any site can send it",
    "POST",
    APPROVE,
    { headers: { "Content-Type": "text/plain" }, body: '{"host":"b"}' },
    415,
  ],
  ["a body without a type", "POST", APPROVE, { body: '{"host":"b"}' }, 415],
  [
    "a form",
    "POST",
    APPROVE,
    { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: "host=b" },
    415,
  ],
  [
    "a large body",
    "POST",
    APPROVE,
    { headers: json, body: JSON.stringify({ host: "x".repeat(20_000) }) },
    413,
  ],
  [
    "another site's page",
    "POST",
    APPROVE,
    { headers: { ...json, Origin: "http://evil.example" }, body: '{"host":"b"}' },
    403,
  ],
  [
    "another site's page that deletes",
    "DELETE",
    `/api/v1/machines/${MAC}`,
    { headers: { Origin: "http://evil.example" } },
    403,
  ],
  [
    "another name for this machine",
    "GET",
    "/api/v1/machines",
    { headers: { Host: "evil.example:8081" } },
    403,
  ],
  ["another name, to look at health", "GET", "/healthz", { headers: { Host: "evil.example:8081" } }, 403],
  [
    "a preflight",
    "OPTIONS",
    APPROVE,
    { headers: { Origin: "http://evil.example", "Access-Control-Request-Method": "POST" } },
    403,
  ],
] as const satisfies readonly (readonly [string, string, string, SendOptions, number])[])(
  "is refused: %s (%s %s)",
  async (_what, method, path, options, status) => {
    const answer = await rig.send(method, path, options);
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(answer.text)).toMatchObject({
      status,
      code: expect.any(String),
      detail: expect.any(String),
    });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(await rig.script(MAC)).toContain("waits here");
    expect(rig.log.of("bug")).toEqual([]);
  },
);
