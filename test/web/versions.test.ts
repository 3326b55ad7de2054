import { afterEach, beforeEach, expect, test } from "vitest";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";

const PATH = "/api/v1/machines/52:54:00:12:34:56/approve";
let rig: AdminRig;
beforeEach(async () => {
  rig = await startAdminRig();
});
afterEach(() => rig.stop());

const approve = (host: string, headers: Readonly<Record<string, string>> = {}) =>
  rig.send("POST", PATH, {
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ host }),
  });

test("what is the same still is not sent again", async () => {
  for (const path of ["/api/v1/hosts", "/api/v1/machines", "/api/v1/openapi.json", "/api/v1/hosts/export"]) {
    const first = await rig.send("GET", path);
    const tag = String(first.headers.etag);
    expect([first.status, first.headers["cache-control"]]).toEqual([200, "private, no-cache"]);
    const again = await rig.send("GET", path, { headers: { "If-None-Match": `"x", ${tag}` } });
    expect([path, again.status, again.text, again.headers.etag]).toEqual([path, 304, "", tag]);
  }
  const tag = String((await rig.send("GET", "/api/v1/hosts")).headers.etag);
  await approve("beta");
  expect((await rig.send("GET", "/api/v1/hosts", { headers: { "If-None-Match": tag } })).status).toBe(200);
});

test("a change that names what it saw is refused when somebody else has changed it meanwhile", async () => {
  const tag = String((await approve("beta")).headers.etag);
  expect(String((await rig.send("GET", PATH)).headers.etag)).toBe(tag);
  await approve("gamma");
  const late = await approve("delta", { "If-Match": tag });
  expect([late.status, JSON.parse(late.text).code]).toEqual([412, "changed"]);
  expect((await rig.send("DELETE", PATH, { headers: { "If-Match": tag } })).status).toBe(412);
  const now = String((await rig.send("GET", PATH)).headers.etag);
  expect((await approve("delta", { "If-Match": now })).status).toBe(200);
  expect(JSON.parse((await rig.send("GET", PATH)).text).host).toBe("delta");
});

test("of several who saw the same at once, one changes it", async () => {
  const tag = String((await approve("beta")).headers.etag);
  const hosts = ["a", "b", "c", "d", "e"];
  const answers = await Promise.all(hosts.map((host) => approve(host, { "If-Match": tag })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412]);
  const winner = hosts[answers.findIndex(({ status }) => status === 200)];
  expect(JSON.parse((await rig.send("GET", PATH)).text).host).toBe(winner);
});

test("what must not be there yet is not replaced", async () => {
  expect((await approve("beta", { "If-None-Match": "*" })).status).toBe(200);
  expect((await approve("gamma", { "If-None-Match": "*" })).status).toBe(412);
  expect((await approve("gamma", { "If-Match": "*" })).status).toBe(200);
  expect((await rig.send("DELETE", PATH)).status).toBe(200);
  expect((await approve("beta", { "If-Match": "*" })).status).toBe(412);
});

test("one machine's MAC address is one thing, however it is spelt", async () => {
  const tag = String((await approve("beta")).headers.etag);
  const spellings = ["52:54:00:12:34:56", "52-54-00-12-34-56", "525400123456", "5254.0012.3456"];
  const paths = [...spellings.map((mac) => `/api/v1/machines/${mac}/approve`), `${PATH}/`];
  const answers = await Promise.all(
    paths.map((path, at) =>
      rig.send("POST", path, {
        headers: { "Content-Type": "application/json", "If-Match": tag },
        body: JSON.stringify({ host: `h${at}` }),
      }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412]);
});

const MACHINE = PATH.slice(0, -"/approve".length);

test("a machine is forgotten only as it was seen, while its requests alone do not count as a change", async () => {
  await rig.script("52:54:00:12:34:56");
  const tag = String((await rig.send("GET", MACHINE)).headers.etag);
  await approve("beta");
  const forget = (headers: Readonly<Record<string, string>>) => rig.send("DELETE", MACHINE, { headers });
  expect((await forget({ "If-Match": tag })).status).toBe(412);
  expect((await forget({ "If-Match": '"nonsense"' })).status).toBe(412);
  const now = String((await rig.send("GET", MACHINE)).headers.etag);
  await rig.script("52:54:00:12:34:56", "&serial=S2");
  expect(String((await rig.send("GET", MACHINE)).headers.etag)).not.toBe(now);
  expect((await forget({ "If-Match": now })).status).toBe(200);
});

test("of an approval and a machine's end that saw the same, one is done", async () => {
  const tag = String((await approve("beta")).headers.etag);
  const answers = await Promise.all([
    approve("gamma", { "If-Match": tag }),
    rig.send("DELETE", MACHINE, { headers: { "If-Match": tag } }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 412]);
});

test.each([
  ["POST", "/tokens", '{"name":"anna","scope":"read"}'],
  ["DELETE", "/tokens/anna", undefined],
  ["POST", "/hosts/beta/build", "{}"],
  ["POST", "/machines/52:54:00:12:34:56/wake", undefined],
])("If-Match is refused in words where nothing has a version: %s %s", async (method, path, body) => {
  for (const name of ["If-Match", "If-None-Match"]) {
    const type = body === undefined ? {} : { "Content-Type": "application/json" };
    const options = { headers: { ...type, [name]: '"x"' }, ...(body === undefined ? {} : { body }) };
    const answer = await rig.send(method, `/api/v1${path}`, options);
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      400,
      { code: "invalid", detail: expect.stringContaining(name), cure: expect.any(String) },
    ]);
  }
});
