import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { complete } from "../../src/commands/complete.ts";
import { SHELLS } from "../../src/commands/completion-scripts.ts";
import { createProgram } from "../../src/commands/program.ts";
import { splitLine } from "../../src/commands/split-line.ts";

const program = createProgram({ version: "0", description: "" }, () => new AbortController().signal);
const values = (...words: string[]) => complete(program, words).candidates.map(({ value }) => value);
const kinds = (...words: string[]) => complete(program, words).kinds;

test("commands are offered first, those of a command after it, and no hidden one", () => {
  expect(values("")).toEqual(expect.arrayContaining(["serve", "boots", "help", "completion"]));
  expect(values("")).not.toContain("complete");
  expect(values("token", "")).toEqual(["create", "list", "revoke"]);
  expect(values("help", "")).toContain("serve");
  expect(values("help", "token", "")).toContain("revoke");
});

test("every command, whatever its depth, offers all of its options", () => {
  const walk = (command: typeof program, words: readonly string[]): void => {
    const shown = values(...words, "-");
    for (const option of command.options) if (!option.hidden) expect(shown).toContain(option.long);
    for (const sub of command.commands) walk(sub, [...words, sub.name()]);
  };
  walk(program, []);
});

describe("what an argument or an option takes", () => {
  test.each<[string[], string[]]>([
    [
      ["rollback", ""],
      ["HOST", "GROUP"],
    ],
    [["rollback", "beta", ""], ["GENERATION"]],
    [["approve", "52:54:00:12:34:56", ""], ["HOST"]],
    [["build", "a", "b", ""], ["HOST"]],
    [
      ["boots", "--follow", ""],
      ["HOST", "MAC", "BOOT"],
    ],
    [
      ["explain", "--stage", "uefi", ""],
      ["MAC", "FILE"],
    ],
    [["serve", "--config", ""], ["file"]],
    [["serve", "-c", "x.yaml", "--media", ""], ["folder"]],
    [["show", "beta", "--generation", ""], ["generation"]],
    [["hosts", ""], []],
    [["serve", "a", ""], []],
  ])("%j wants %j", (words, wanted) => {
    expect(kinds(...words)).toEqual(wanted);
  });

  test("one of a few words is offered, behind a space or an equals sign", () => {
    expect(values("explain", "--stage", "")).toEqual([
      "rom",
      "pi-rom",
      "uefi",
      "http-boot",
      "u-boot",
      "ipxe",
    ]);
    expect(complete(program, ["explain", "--stage=u"])).toMatchObject({ typed: "u", before: "--stage=" });
    expect(values("completion", "")).toEqual([...SHELLS]);
  });

  test("after -- nothing is an option", () => {
    expect(values("rpi4", "check", "--", "-")).toEqual([]);
    expect(kinds("rpi4", "check", "--", "-")).toEqual(["FOLDER"]);
  });

  test("what says where the server is counts for the question", () => {
    const { given } = complete(program, ["boots", "--admin", "10.0.0.2:8081", "--token=x", ""]);
    expect([...given]).toEqual([
      ["--admin", "10.0.0.2:8081"],
      ["--token", "x"],
    ]);
  });
});

test("whatever is typed, there is an answer", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("serve", "token", "help", "--", "-", "--config", "--dhcp=", "hosts"),
  );
  fc.assert(
    fc.property(fc.array(word), (words) => {
      expect(Array.isArray(complete(program, words).candidates)).toBe(true);
    }),
  );
});

test.each<[string, string[]]>([
  ["mayfly ", ["mayfly", ""]],
  ["mayfly  boots be", ["mayfly", "boots", "be"]],
  ["mayfly serve 'my image' --media \"a b\"", ["mayfly", "serve", "my image", "--media", "a b"]],
  ["mayfly serve my\\ ima", ["mayfly", "serve", "my ima"]],
  ["mayfly serve 'half of it", ["mayfly", "serve", "half of it"]],
])("the line %s has these words", (line, words) => {
  expect(splitLine(line)).toEqual(words);
});
