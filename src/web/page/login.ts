/** `/login`: a person shows a token once, and the browser gets a cookie for it; `/logout` takes it back. */

import { createHash } from "node:crypto";
import express, { type Express, type Request, type Response } from "express";
import type { AdminAccess } from "../admin.ts";
import { COOKIE, cookieOf, type Gate } from "../gate.ts";
import { PROBLEM_STATUS, type Problem } from "../problem.ts";
import { pageHeaders } from "./security-headers.ts";

const STYLE =
  ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}" +
  "body{max-width:24rem;margin:15vh auto;padding:0 1rem}" +
  "input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.25rem 0}";
const STYLE_HASH = `sha256-${createHash("sha256").update(STYLE).digest("base64")}`;
const MAX_FORM = "4kb";
/** As long as a login counts at the most; the server knows when it counts no more. */
const COOKIE_DAYS = 30;

/** Adds both; who asks was told apart from pages of other sites before. */
export function mountLogin(app: Express, access: AdminAccess, gate: Gate): void {
  const form = express.urlencoded({ extended: false, limit: MAX_FORM });
  const isIn = (request: Request): boolean => {
    try {
      gate.enter(request, "read");
      return true;
    } catch {
      return false;
    }
  };
  app.get("/login", (request, response) => {
    const to = wantedPath(request);
    if (to !== undefined && isIn(request)) response.redirect(303, to);
    else sendForm(response, 200);
  });
  app.post("/login", form, async (request, response) => {
    const { token: text }: { token?: unknown } = request.body ?? {};
    const token = typeof text === "string" ? access.find(text.trim()) : undefined;
    if (token === undefined) {
      sendRefusal(response, gate.failed(request));
      return;
    }
    setCookie(request, response, await access.logIn(token), COOKIE_DAYS * 86_400);
    response.redirect(303, wantedPath(request) ?? "/");
  });
  app.post("/logout", async (request, response) => {
    const login = cookieOf(request);
    if (login !== undefined) await access.logOut(login);
    setCookie(request, response, "", 0);
    response.redirect(303, "/login");
  });
}

/** Where a person is asked for a login who wants to see this page, and led on from. */
export function loginFor({ originalUrl }: Request): string {
  return `/login?to=${encodeURIComponent(originalUrl)}`;
}

/** A path of ours, and nothing that a browser could take for another server's. */
function wantedPath({ query: { to } }: Request): string | undefined {
  return typeof to === "string" && /^\/(?![/\\])[\x21-\x7e]*$/.test(to) ? to : undefined;
}

/** Over TLS, which a proxy speaks for us, the browser says so in Origin; who lies there only harms themselves. */
function setCookie({ headers }: Request, response: Response, secret: string, seconds: number): void {
  const isSecure = headers.origin?.toLowerCase().startsWith("https://") === true;
  const parts = [`${COOKIE}=${secret}`, "Path=/", `Max-Age=${seconds}`, "HttpOnly", "SameSite=Strict"];
  response.set("Set-Cookie", [...parts, ...(isSecure ? ["Secure"] : [])].join("; "));
}

function sendRefusal(response: Response, { code, message, headers }: Problem): void {
  response.set(headers).removeHeader("WWW-Authenticate");
  sendForm(response, PROBLEM_STATUS[code], `${message}.`);
}

/** @param fault - our own words: nothing that was sent stands in the page */
function sendForm(response: Response, status: number, fault = ""): void {
  response
    .status(status)
    .set(pageHeaders(STYLE_HASH))
    .type("html")
    .send(`<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mayfly: log in</title>
<style>${STYLE}</style>
<main>
<h1>Mayfly</h1>
${fault === "" ? "" : `<p role="alert">${fault}</p>`}
<form method="post">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Log in</button>
</form>
<p>On the server, <code>mayfly token create NAME</code> makes one.</p>
</main>
</html>
`);
}
