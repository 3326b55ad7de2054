import { describe, expect, test } from "vitest";
import { refuseForeign } from "../../src/web/local-only.ts";

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
    expect(refuseForeign(headers)).toBeUndefined();
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
    expect(refuseForeign(headers)).toEqual(expect.any(String));
  });
});
