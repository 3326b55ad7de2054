import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createGate } from "../../src/web/gate.ts";
import { mountDashboard } from "../../src/web/page/dashboard.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";

let rig: AdminRig;
let token = "";
const FORM = { "Content-Type": "application/x-www-form-urlencoded" };

beforeAll(async () => {
  rig = await startAdminRig({}, "adminToken: always\nadminNames: [mayfly.example.net]\n");
  await rig.app.stop();
  const { createToken } = await import("../../src/commands/tokens.ts");
  const request = { flags: { state: `${rig.media.folder}/state` }, env: {}, cwd: rig.media.folder };
  token = (await createToken(request, "anna", { scope: "operate" })).text;
  await rig.restart();
});
afterAll(() => rig.stop());

async function logIn(headers: Readonly<Record<string, string>> = {}) {
  const answer = await rig.send("POST", "/login", {
    headers: { ...FORM, ...headers },
    body: `token=${token}`,
  });
  const cookie = String(answer.headers["set-cookie"]);
  return { ...answer, cookie, pair: cookie.split(";")[0] ?? "" };
}

test("a person shows a token once, and is let in by a cookie that scripts and other sites cannot use", async () => {
  const { status, headers, cookie, pair } = await logIn();
  expect([status, headers.location]).toEqual([303, "/"]);
  expect(cookie).toMatch(/^mayfly-login=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/);
  const asked = await rig.send("GET", "/api/v1/status", { headers: { Cookie: `a=b; ${pair}; c=d` } });
  expect(JSON.parse(asked.text).you).toEqual({ name: "anna", scope: "operate" });
});

test("over TLS, which a proxy speaks, the cookie goes over TLS alone", async () => {
  const { cookie } = await logIn({ Host: "mayfly.example.net", Origin: "https://mayfly.example.net" });
  expect(cookie).toMatch(/; Secure$/);
});

test("with the cookie, only our own page can change something", async () => {
  const { pair } = await logIn();
  const path = "/api/v1/machines/52:54:00:12:34:56/approve";
  const options = { headers: { Cookie: pair, "Content-Type": "application/json" }, body: '{"host":"beta"}' };
  const bare = await rig.send("POST", path, options);
  expect([bare.status, JSON.parse(bare.text).code]).toEqual([403, "no-own-header"]);
  const own = await rig.send("POST", path, { ...options, headers: { ...options.headers, "X-Mayfly": "1" } });
  expect(own.status).toBe(200);
});

test("a login outlives a restart, and ends when it is closed", async () => {
  const { pair } = await logIn();
  await rig.restart();
  const ask = () => rig.send("GET", "/api/v1/status", { headers: { Cookie: pair } });
  expect((await ask()).status).toBe(200);
  const out = await rig.send("POST", "/logout", { headers: { Cookie: pair } });
  expect([out.status, out.headers.location]).toEqual([303, "/login"]);
  expect(String(out.headers["set-cookie"])).toContain("mayfly-login=; Path=/; Max-Age=0");
  expect(JSON.parse((await ask()).text).code).toBe("wrong-token");
});

test("a wrong token is told in the page, which repeats nothing of it", async () => {
  const answer = await rig.send("POST", "/login", { headers: FORM, body: "token=<script>alert(1)</script>" });
  expect(answer.status).toBe(401);
  expect(answer.text).toContain("does not count");
  expect(answer.text).not.toContain("script>");
  expect(answer.headers["set-cookie"]).toBeUndefined();
});

test("a page of another site cannot log anybody in", async () => {
  expect((await logIn({ Origin: "http://evil.example" })).status).toBe(403);
});

test("the form is shown with nothing from elsewhere, and in no frame", async () => {
  const { status, text, headers } = await rig.send("GET", "/login");
  expect([status, text.includes('type="password"')]).toEqual([200, true]);
  expect(headers["content-security-policy"]).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
});

const LINK = {
  Accept: "text/html",
  "Sec-Fetch-Site": "cross-site",
  "Sec-Fetch-Mode": "navigate",
  "Sec-Fetch-Dest": "document",
};

test("a link of another site leads to a page that asks again by itself, with the cookie then", async () => {
  for (const path of ["/", "/hosts/beta", "/metrics"]) {
    const { status, headers, text } = await rig.send("GET", path, { headers: LINK });
    expect([status, headers["content-type"], headers["cache-control"]]).toEqual([
      200,
      "text/html; charset=utf-8",
      "no-store",
    ]);
    expect(text).toContain('<meta http-equiv="refresh" content="0">');
    expect(headers["content-security-policy"]).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  }
  for (const other of [
    { "Sec-Fetch-Dest": "iframe" },
    { Origin: "http://evil.example" },
    { Host: "evil.example:8081" },
  ]) {
    expect((await rig.send("GET", "/", { headers: { ...LINK, ...other } })).status).toBe(403);
  }
  expect((await rig.send("GET", "/api/v1/hosts", { headers: LINK })).status).toBe(403);
  expect((await rig.send("POST", "/logout", { headers: LINK })).status).toBe(403);
});

test("a person is led to where the link went, past the login where there is one", async () => {
  const { pair } = await logIn();
  const person = { Accept: "text/html" };
  const { status, text } = await rig.send("GET", "/hosts/beta?a=%22%3E", { headers: person });
  // A browser sends no cookie along with the link itself, but with what our own page then asks.
  const [, next = ""] = /<meta http-equiv="refresh" content="0; url=([^"<>]*)">/.exec(text) ?? [];
  expect([status, next]).toEqual([401, "/login?to=%2Fhosts%2Fbeta%3Fa%3D%2522%253E"]);
  const known = await rig.send("GET", next, { headers: { ...person, Cookie: pair } });
  expect([known.status, known.headers.location]).toEqual([303, "/hosts/beta?a=%22%3E"]);
  const stranger = await rig.send("GET", next, { headers: person });
  expect([stranger.status, stranger.text.includes('type="password"')]).toEqual([200, true]);
  const body = `token=${token}`;
  const entered = await rig.send("POST", next, { headers: { ...person, ...FORM }, body });
  expect([entered.status, entered.headers.location]).toEqual([303, "/hosts/beta?a=%22%3E"]);
});

test.each(["//evil.example/", "/\\evil.example", "http://evil.example", "evil", "/a\nb", "/a b"])(
  "nobody is led elsewhere by a login: %j",
  async (to) => {
    const { pair } = await logIn();
    const path = `/login?to=${encodeURIComponent(to)}`;
    expect((await rig.send("GET", path, { headers: { Cookie: pair } })).status).toBe(200);
    const entered = await rig.send("POST", path, { headers: FORM, body: `token=${token}` });
    expect([entered.status, entered.headers.location]).toEqual([303, "/"]);
  },
);

test("where there is no dashboard it is said what there is", async () => {
  await withPage({}, async (base) => {
    const response = await fetch(base);
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-cache"]);
    expect(await response.text()).toContain("/api/v1/openapi.json");
    expect((await fetch(`${base}/hosts`)).status).toBe(404);
  });
});

test("a dashboard's page is asked for each time, and its assets once for ever", async () => {
  const files = { "index.html": "<!doctype html>page", "assets/app-1234.js": "1" };
  await withPage(files, async (base) => {
    const got = async (path: string) => {
      const response = await fetch(base + path);
      return [response.status, response.headers.get("cache-control"), await response.text()];
    };
    const page = [200, "no-cache", "<!doctype html>page"];
    expect(await got("/")).toEqual(page);
    expect(await got("/hosts/beta")).toEqual(page);
    expect(await got("/hosts/beta.example")).toEqual(page);
    expect(await got("/index.html")).toEqual(page);
    expect(await got("/assets/app-1234.js")).toEqual([200, "private, max-age=31536000, immutable", "1"]);
    expect((await got("/assets/none.js"))[0]).toBe(404);
    expect((await got("/none.js"))[0]).toBe(404);
    expect((await got("/../package.json"))[2]).not.toContain("mayfly");
    expect((await fetch(`${base}/`)).headers.get("content-security-policy")).toContain("script-src 'self'");
  });
});

/** Serves these files as the dashboard's. */
async function withPage(
  files: Readonly<Record<string, string>>,
  work: (base: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-page-"));
  mkdirSync(join(folder, "assets"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const open = {
    names: [],
    always: false,
    list: () => [],
    find: () => undefined,
    findLogin: () => undefined,
  };
  const never = () => Promise.reject(new Error("not here"));
  const app = express();
  const gate = createGate({ ...open, create: never, revoke: never, logIn: never, logOut: never });
  mountDashboard(app, folder, gate);
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  try {
    await work(base);
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  }
}
