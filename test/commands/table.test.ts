import { expect, test } from "vitest";
import { formatAgo, formatTable } from "../../src/commands/table.ts";

interface Row {
  readonly name: string;
  readonly note?: string;
}

const columns = [
  { title: "NAME", text: ({ name }: Row) => name },
  { title: "NOTE", text: ({ note = "" }: Row) => note },
  { title: "EMPTY", text: () => "" },
];

test("columns are as wide as what stands in them; one without anything is left out", () => {
  expect(formatTable(columns, [{ name: "beta", note: "x" }, { name: "a-long-name" }])).toEqual([
    "NAME         NOTE",
    "beta         x",
    "a-long-name  -",
  ]);
});

test("a line that is wider than the terminal is cut", () => {
  expect(formatTable(columns, [{ name: "beta", note: "much to say" }], 12)).toEqual([
    "NAME  NOTE",
    "beta  much …",
  ]);
});

const WIDE = [
  { title: "NAME", text: ({ name }: Row) => name, least: 6 },
  { title: "NOTE", text: ({ note = "" }: Row) => note, goes: 2 },
  { title: "MORE", text: () => "more", goes: 1 },
  { title: "ID", text: () => "0123456789", least: 4 },
];

test.each([
  [40, ["NAME         NOTE  MORE  ID", "a-long-name  x     more  0123456789"]],
  [32, ["NAME         NOTE  MORE  ID", "a-long-name  x     more  012345…"]],
  [27, ["NAME       NOTE  MORE  ID", "a-long-n…  x     more  012…"]],
  [20, ["NAME      MORE  ID", "a-long-…  more  012…"]],
  [12, ["NAME    ID", "a-lon…  012…"]],
  [9, ["NAME    …", "a-lon…  …"]],
])(
  "in %d characters cells are cut as far as they may be, then columns go, the least important first",
  (width, lines) => {
    expect(formatTable(WIDE, [{ name: "a-long-name", note: "x" }], width)).toEqual(lines);
  },
);

test("what a machine says of itself cannot steer the terminal", () => {
  expect(formatTable(columns, [{ name: "\u001b[31mred\nnext\u009b2J" }])).toEqual([
    "NAME",
    "?[31mred?next?2J",
  ]);
});

test.each([
  [0, "just now"],
  [999, "just now"],
  [1000, "1 second ago"],
  [59_999, "59 seconds ago"],
  [60_000, "1 minute ago"],
  [7_200_000, "2 hours ago"],
  [200_000_000, "2 days ago"],
  [-5000, "just now"],
])("%d ms are '%s'", (agoMs, text) => {
  expect(formatAgo(1_000_000_000, 1_000_000_000 + agoMs)).toBe(text);
});
