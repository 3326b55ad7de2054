import { describe, expect, test } from "vitest";
import { isForeignLink, refuseForeign } from "../../../src/web/access/foreign.ts";

describe("may ask", () => {
  test.each([
    ["a program of this machine", { host: "127.0.0.1:8081" }],
    ["by name", { host: "localhost:8081" }],
    ["over IPv6", { host: "[::1]:8081" }],
    ["through a tunnel with a port of its own", { host: "LocalHost:9000" }],
    ["without a port", { host: "127.0.0.2" }],
    ["its own page", { host: "127.0.0.1:8081", origin: "http://127.0.0.1:8081", site: "same-origin" }],
    ["somebody who typed the address", { host: "localhost:8081", site: "none" }],
  ])("%s", (_who, headers) => {
    expect(refuseForeign({ local: "127.0.0.1", ...headers })).toBeUndefined();
  });
});

describe("may not ask", () => {
  test.each([
    ["a page whose name leads here (DNS rebinding)", { host: "evil.example:8081" }],
    ["one that only begins like this machine's name", { host: "127.0.0.1.evil.example:8081" }],
    ["one that ends like it", { host: "evil.localhost:8081" }],
    ["somebody on the network", { host: "192.168.1.2:8081" }],
    ["somebody without a Host", {}],
    ["an empty Host", { host: "" }],
    ["user information in Host", { host: "localhost@evil.example" }],
    ["another site's page", { host: "127.0.0.1:8081", origin: "http://evil.example" }],
    ["a page of another port here", { host: "127.0.0.1:8081", origin: "http://127.0.0.1:3000" }],
    ["a page of the other scheme", { host: "127.0.0.1:8081", origin: "https://127.0.0.1:8081" }],
    ["a page from nowhere", { host: "127.0.0.1:8081", origin: "null" }],
    ["a link of another site", { host: "127.0.0.1:8081", site: "cross-site" }],
    ["a page of the same site only", { host: "127.0.0.1:8081", site: "same-site" }],
  ])("%s", (_who, headers) => {
    expect(refuseForeign({ local: "127.0.0.1", ...headers })).toEqual(expect.any(String));
  });
});

const NAMES = ["mayfly.example.net"];

test.each([
  ["by the address that it came to", { host: "192.168.1.2:8081", local: "192.168.1.2" }],
  ["by an IPv6 address", { host: "[fd00::1]:8081", local: "fd00::1" }],
  ["by a configured name", { host: "Mayfly.example.net:8081", local: "192.168.1.2" }],
  [
    "its own page through a proxy with TLS",
    {
      host: "mayfly.example.net",
      origin: "https://mayfly.example.net",
      local: "127.0.0.1",
      site: "same-origin",
    },
  ],
])("elsewhere than on loopback may ask: %s", (_who, request) => {
  expect(refuseForeign(request, NAMES)).toBeUndefined();
});

test.each([
  ["by a name that nobody configured (DNS rebinding)", { host: "evil.example:8081", local: "192.168.1.2" }],
  ["by loopback's name", { host: "localhost:8081", local: "192.168.1.2" }],
  ["by another address", { host: "192.168.1.3:8081", local: "192.168.1.2" }],
  ["by a name that only ends like ours", { host: "evil.mayfly.example.net", local: "192.168.1.2" }],
  ["by a name that only begins like ours", { host: "mayfly.example.net.evil", local: "192.168.1.2" }],
  [
    "another site's page",
    { host: "mayfly.example.net", origin: "https://evil.example", local: "192.168.1.2" },
  ],
  [
    "a page of the other scheme, of an address that speaks no TLS",
    { host: "192.168.1.2:8081", origin: "https://192.168.1.2:8081", local: "192.168.1.2" },
  ],
])("elsewhere than on loopback may not ask: %s", (_who, request) => {
  expect(refuseForeign(request, NAMES)).toEqual(expect.any(String));
});

const LINK = { method: "GET", path: "/hosts/beta", site: "cross-site", mode: "navigate", dest: "document" };

test.each([
  ["of another site", {}],
  ["of a neighbour's site, such as its Grafana", { site: "same-site" }],
  ["to the first page", { path: "/" }],
])("a link is one: %s", (_what, differs) => {
  expect(isForeignLink({ ...LINK, ...differs })).toBe(true);
});

test.each([
  ["a frame", { dest: "iframe" }],
  ["an object", { dest: "object" }],
  ["a picture", { mode: "no-cors", dest: "image" }],
  ["what a script fetches", { mode: "cors", dest: "empty" }],
  ["a form that is sent", { method: "POST" }],
  ["a page that says where it is from", { origin: "http://evil.example" }],
  ["a link into the API", { path: "/api/v1/hosts" }],
  ["a link into the API, in capital letters", { path: "/API/v1/hosts" }],
  ["our own page", { site: "same-origin" }],
  ["somebody who typed the address", { site: "none" }],
  ["a program", { site: undefined, mode: undefined, dest: undefined }],
])("a link is not: %s", (_what, differs) => {
  expect(isForeignLink({ ...LINK, ...differs })).toBe(false);
});
