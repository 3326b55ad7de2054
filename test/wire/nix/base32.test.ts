import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { encodeNixBase32 } from "../../../src/wire/nix/base32.ts";

describe("nix's base 32", () => {
  // As `nix-hash --base32 --flat` prints them.
  test.each([
    ["sha1", "", "143xibwh31h9bvxzalr0sjvbbvpa6ffs"],
    ["sha1", "hello", "9m1skbnr5i43n3yypvda5s65vhfwdx5a"],
    ["sha256", "a", "1fs8xspqaxw0p5r4wz0lz3pqd9sdvhirmcriqbxcmg8vr89835ya"],
    ["sha256", "hello", "094qif9n4cq4fdg459qzbhg1c6wywawwaaivx0k0x8xhbyx4vwic"],
  ])("spells the %s of '%s' as nix does", (algorithm, text, spelt) => {
    expect(encodeNixBase32(createHash(algorithm).update(text).digest())).toBe(spelt);
  });

  test("has nothing for nothing", () => {
    expect(encodeNixBase32(new Uint8Array())).toBe("");
  });
});
