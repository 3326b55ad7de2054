import { expect, test } from "vitest";
import { encodeDomainSearch } from "../../../src/wire/dhcp/domain-search.ts";
import { unhex } from "../../support/packets.ts";

test("each domain is its labels with their lengths, and a zero", () => {
  expect(encodeDomainSearch(["ab.c", "d."])).toEqual(unhex("02 6162 01 63 00 01 64 00"));
});

test.each(["", "a..b", `${"x".repeat(64)}.net`])("'%s' is no domain", (domain) => {
  expect(() => encodeDomainSearch([domain])).toThrow("is no domain");
});
