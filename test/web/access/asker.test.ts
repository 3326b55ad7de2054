import { expect, test } from "vitest";
import type { Token } from "../../../src/boot/access/token.ts";
import {
  type Keys,
  type Knock,
  LOCAL_ASKER,
  recognise,
  refuseChange,
} from "../../../src/web/access/asker.ts";

const CI: Token = { name: "ci", scope: "read", createdMs: 0 };
const KEYS: Keys = {
  always: false,
  find: (text) => (text === "right" ? CI : undefined),
  findLogin: (secret) => (secret === "cookie" ? CI : undefined),
};
const LOCAL: Knock = {
  ...{ method: "GET", remote: "127.0.0.1", local: "127.0.0.1", host: "127.0.0.1:8081" },
  ...{ isForwarded: false, isBrowser: false, hasOwnHeader: false },
};
const REMOTE: Knock = { ...LOCAL, remote: "192.168.1.9", local: "192.168.1.2", host: "192.168.1.2:8081" };

test.each<[string, Knock, Partial<Keys>, object]>([
  ["a program of this machine may everything", LOCAL, {}, { asker: LOCAL_ASKER, by: "place" }],
  ["unless the configuration wants a token of it too", LOCAL, { always: true }, { type: "unknown" }],
  ["somebody elsewhere is not known", REMOTE, {}, { type: "unknown" }],
  ["with a token they are", { ...REMOTE, authorization: "Bearer right" }, {}, { asker: CI, by: "token" }],
  ["in any case of the word", { ...REMOTE, authorization: "bearer right" }, {}, { asker: CI }],
  ["with a wrong one they are told so", { ...REMOTE, authorization: "Bearer wrong" }, {}, { type: "wrong" }],
  ["as with a password", { ...REMOTE, authorization: "Basic right" }, {}, { type: "wrong" }],
  ["with the cookie of a login they are", { ...REMOTE, login: "cookie" }, {}, { asker: CI, by: "login" }],
  ["with an old one they are not", { ...REMOTE, login: "old" }, {}, { type: "wrong" }],
  [
    "a wrong token is wrong on this machine too",
    { ...LOCAL, authorization: "Bearer x" },
    {},
    { type: "wrong" },
  ],
  [
    "a small token makes small on this machine too",
    { ...LOCAL, authorization: "Bearer right" },
    {},
    { asker: CI },
  ],
  ["an old cookie is no harm on this machine", { ...LOCAL, login: "old" }, {}, { by: "place" }],
  [
    "whom a proxy on this machine lets through is elsewhere",
    { ...LOCAL, isForwarded: true },
    {},
    { type: "unknown" },
  ],
  ["as is who asks a proxy by its name", { ...LOCAL, host: "mayfly.example.net" }, {}, { type: "unknown" }],
  ["and who forged an address of ours", { ...REMOTE, remote: "127.0.0.1" }, {}, { type: "unknown" }],
])("%s", (_what, knock, keys, entry) => {
  expect(recognise(knock, { ...KEYS, ...keys })).toMatchObject(entry);
});

test.each([
  ["a program on this machine", "place", {}, true],
  ["a browser on this machine", "place", { isBrowser: true }, false],
  ["our page in a browser on this machine", "place", { isBrowser: true, hasOwnHeader: true }, true],
  ["whoever has only a cookie", "login", {}, false],
  ["our page with its cookie", "login", { isBrowser: true, hasOwnHeader: true }, true],
  ["whoever shows a token, which no browser does by itself", "token", { isBrowser: true }, true],
  ["a browser that only looks", "login", { isBrowser: true, method: "GET" }, true],
] as const)("may change something: %s (%s): %#", (_who, by, headers, may) => {
  expect(refuseChange({ ...LOCAL, method: "POST", ...headers }, by) === undefined).toBe(may);
});
