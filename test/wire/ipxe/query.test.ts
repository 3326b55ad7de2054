import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatQuery,
  parseQuery,
  parseUuid,
  QUERY_NAMES,
  type QueryName,
} from "../../../src/wire/ipxe/query.ts";

describe("parseQuery", () => {
  test("reads what iPXE says of itself", () => {
    const query = "mac=52-54-00-12-34-56&uuid=&arch=x86_64&serial=PF%20123&product=X%2B1";
    expect([...parseQuery(query)]).toEqual([
      ["mac", "52-54-00-12-34-56"],
      ["arch", "x86_64"],
      ["serial", "PF 123"],
      ["product", "X+1"],
    ]);
  });

  test("an ampersand, an equals and a plus sign that iPXE of 2019 decoded stay in the value", () => {
    expect([...parseQuery("serial=A&B=C+D&asset=1")]).toEqual([
      ["serial", "A&B=C+D"],
      ["asset", "1"],
    ]);
  });

  test("a value cannot overrule a name that stands before it", () => {
    expect(parseQuery("mac=52-54-00-12-34-56&serial=x&mac=52-54-00-00-00-01").get("mac")).toBe(
      "52-54-00-12-34-56",
    );
  });

  test("any text gives a query, and what is written is read back", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseQuery(text)));
    const value = fc.string({ minLength: 1 }).map((text) => text.trim());
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...QUERY_NAMES), value.filter(Boolean)), (values) => {
        const query = new Map(Object.entries(values)) as Map<QueryName, string>;
        expect(parseQuery(formatQuery(query))).toEqual(query);
      }),
    );
  });
});

describe("parseUuid", () => {
  test("is in lower case", () => {
    expect(parseUuid("4C4C4544-0042-3510-8051-B9C04F4E3232")).toBe("4c4c4544-0042-3510-8051-b9c04f4e3232");
  });
  test.each(["", "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "4c4c4544"])(
    "%j is none",
    (text) => {
      expect(parseUuid(text)).toBeUndefined();
    },
  );
});
