import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { lookUpVendors } from "../../../src/io/machines/vendors.ts";

const list: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve("oui-data"), "utf8"),
);

/** The first address of a block. */
function inBlock(prefix: string): string {
  return (prefix.padEnd(12, "0").match(/../g) ?? []).join(":").toLowerCase();
}

test("machines that people have are known by their makers", async () => {
  const vendors = await lookUpVendors(["dc:a6:32:01:02:03", "00:1b:21:01:02:03", "b8:27:eb:00:00:01"]);
  expect([...vendors.values()]).toEqual([
    "Raspberry Pi Trading Ltd",
    "Intel Corporate",
    "Raspberry Pi Foundation",
  ]);
});

test("an address that nobody gave out has no maker", async () => {
  const vendors = await lookUpVendors(["52:54:00:12:34:56", "fc:ff:ff:ff:ff:ff"]);
  expect([...vendors.values()]).toEqual(["", ""]);
});

test("every block of the list is read, the most particular one where several hold an address", async () => {
  const prefixes = Object.keys(list).filter((prefix) => (Number.parseInt(prefix.slice(0, 2), 16) & 2) === 0);
  const firstLine = (prefix: string) => list[prefix]?.split("\n")[0]?.trim();
  const wanted = new Map(
    prefixes.map((prefix) => {
      const digits = prefix.padEnd(12, "0");
      const best = [9, 7, 6].map((count) => digits.slice(0, count)).find((each) => each in list);
      return [inBlock(prefix), firstLine(best ?? "")] as const;
    }),
  );
  expect(wanted.size).toBeGreaterThan(40_000);
  const found = await lookUpVendors(wanted.keys());
  expect([...wanted].filter(([mac, name]) => found.get(mac) !== name)).toEqual([]);
});
