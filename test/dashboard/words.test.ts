import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { matchPage } from "../../dashboard/src/shell/match.ts";
import { readCodes } from "../../dashboard/src/state/codes.ts";
import { STAGE_ORDER, stageWords } from "../../dashboard/src/state/stages.ts";
import { agoText, bytesText, durationText, nameInStore, shortId } from "../../dashboard/src/state/words.ts";
import { STAGES } from "../../src/boot/session/medians.ts";

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [345_000_000, "329 MiB"],
  [13_500_000, "12.9 MiB"],
  [5 * 1024 ** 5, "5120 TiB"],
])("%i bytes are read as %s", (bytes, text) => expect(bytesText(bytes)).toBe(text));

test.each([
  [0, "0 ms"],
  [949, "949 ms"],
  [3400, "3.4 s"],
  [9960, "10 s"],
  [59_400, "59 s"],
  [60_000, "1 min"],
  [125_000, "2 min 5 s"],
  [119_600, "2 min"],
  [3_780_000, "1 h 3 min"],
  [90_000_000, "1 d 1 h"],
])("%i milliseconds are read as %s", (ms, text) => expect(durationText(ms)).toBe(text));

test.each([
  [-5000, "now"],
  [4000, "now"],
  [40_000, "40 s ago"],
  [300_000, "5 min ago"],
  [47 * 3_600_000, "47 h ago"],
  [12 * 86_400_000, "12 d ago"],
])("what was %i milliseconds ago is read as %s", (ms, text) => expect(agoText(0, ms)).toBe(text));

test("a store path is shown by the beginning of its hash, another id by its own", () => {
  const path = "vy5c23x5ydrqrp58y0frbyd5fy1caqg2-nixos-netboot-6.12.41";
  expect([shortId(path), nameInStore(path)]).toEqual(["vy5c23x5", "nixos-netboot-6.12.41"]);
  expect([shortId("d-da31dbc4652ac5e5"), nameInStore("d-da31dbc4652ac5e5")]).toEqual([
    "d-da31dbc4",
    undefined,
  ]);
});

test("every stage of a boot has words, in the order of an ordinary boot", () => {
  expect(STAGE_ORDER).toEqual(STAGES);
  expect(stageWords("of-tomorrow").name).toBe("of-tomorrow");
});

const PAGES = [{ path: "/" }, { path: "/hosts/:name" }, { path: "/boots" }];

test.each([
  ["/", "/", {}],
  ["/boots", "/boots", {}],
  ["/boots/", "/boots", {}],
  ["/hosts/beta.example", "/hosts/:name", { name: "beta.example" }],
  ["/hosts/a%2Fb", "/hosts/:name", { name: "a/b" }],
])("the path %s is the page %s", (path, page, params) => {
  expect(matchPage(path, PAGES)).toEqual({ page: { path: page }, params });
});

test.each(["/hosts", "/hosts/", "/hosts/a/b", "/x", "/hosts/%E0%A4%A"])("the path %s is no page", (path) => {
  expect(matchPage(path, PAGES)).toBeUndefined();
});

test("the page of codes has every code that a diagnosis can have, with what it means and what to do", () => {
  const sections = readCodes(readFileSync("docs/errors.md", "utf8"));
  const diagnoses = sections.find(({ title }) => title === "What a boot's diagnosis says");
  expect(diagnoses?.heads).toEqual(["what was seen", "what to do"]);
  const source = readFileSync("src/boot/diagnosis/diagnosis.ts", "utf8");
  const [, members = ""] =
    /export type DiagnosisCode =([^;]*);/.exec(source.replaceAll(/\/\/.*$/gm, "")) ?? [];
  const codes = [...members.matchAll(/"([^"]+)"/g)].map(([, code]) => code);
  expect(codes).toContain("never-asked-4011");
  for (const code of codes)
    expect([code, diagnoses?.rows.find((row) => row.code === code)?.cells.length]).toEqual([code, 2]);
  const links = sections.flatMap(({ rows }) =>
    rows.flatMap(({ cells }) => cells.filter((cell) => /\]\(/.test(cell))),
  );
  expect(links).toEqual([]);
});
