import { expect, test } from "vitest";
import { withoutLogin } from "../../src/boot/without-login.ts";

test.each([
  ["git+https://oauth2:glpat-x@gitlab.example/fleet#beta", "git+https://…@gitlab.example/fleet#beta"],
  ["https://ghp_token@github.com/o/r", "https://…@github.com/o/r"],
  ["git+ssh://git@example.net/fleet", "git+ssh://git@example.net/fleet"],
  ["ssh://git:hush@example.net/fleet", "ssh://…@example.net/fleet"],
  ["error: 'https://a:b@c/d' and https://e:f@g", "error: 'https://…@c/d' and https://…@g"],
  ["a password with a sign, https://a:p@ss@c/d", "a password with a sign, https://…@c/d"],
  ["github:owner/repo/v1@2#beta", "github:owner/repo/v1@2#beta"],
  ["https://example.net/@scope/a@b", "https://example.net/@scope/a@b"],
  ["path:/srv/fleet", "path:/srv/fleet"],
])("a login is struck from an address, and nothing else is: %s", (text, shown) => {
  expect(withoutLogin(text)).toBe(shown);
});

test("a long line without an end is read once", () => {
  const long = "://a".repeat(250_000);
  const before = performance.now();
  expect(withoutLogin(long)).toBe(long);
  expect(performance.now() - before).toBeLessThan(2000);
});
