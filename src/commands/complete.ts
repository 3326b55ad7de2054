/** What may stand where the cursor is, told from the program's own commands, arguments and options. Pure. */

import type { Command, Option } from "commander";

export interface Candidate {
  readonly value: string;
  /** What it is, in a few words. */
  readonly about: string;
}

/** What may stand there. */
export interface Completion {
  /** Those that the program itself knows; they may not fit what is typed already. */
  readonly candidates: readonly Candidate[];
  /** What else, as its arguments are called: `HOST`, `FILE`, `generation`. */
  readonly kinds: readonly string[];
  /** Where a value is wanted for one: the option, as in `--dhcp`. */
  readonly option?: string;
  /** What is typed of it. */
  readonly typed: string;
  /** What stands before it in the same word: `--dhcp=`. */
  readonly before: string;
  /** The arguments before it, and the values of options, by their long names. */
  readonly operands: readonly string[];
  readonly given: ReadonlyMap<string, string>;
}

interface Place {
  readonly command: Command;
  readonly operands: readonly string[];
  readonly given: ReadonlyMap<string, string>;
  /** Whose value comes next. */
  readonly option?: Option;
  /** After `--` nothing is an option. */
  readonly isOver: boolean;
}

/** @param words - those after the program's name, the last one being typed and perhaps empty */
export function complete(program: Command, words: readonly string[]): Completion {
  const typed = words.at(-1) ?? "";
  const start: Place = { command: program, operands: [], given: new Map(), isOver: false };
  const place = words.slice(0, -1).reduce(pass, start);
  const { command, operands, given, option } = place;
  const here = { typed, before: "", operands, given };
  if (option !== undefined) return { ...here, ...valuesOf(option) };
  if (!place.isOver && typed.startsWith("-")) {
    const [name = "", value] = split(typed);
    const named = value === undefined ? undefined : findOption(command, name);
    if (named === undefined) return { ...here, candidates: optionsOf(command), kinds: [] };
    return { ...here, ...valuesOf(named), typed: value ?? "", before: `${name}=` };
  }
  const argument = command.registeredArguments[operands.length] ?? variadic(command);
  const subcommands = operands.length === 0 ? commandsOf(command, program) : [];
  const choices = (argument?.argChoices ?? []).map((value) => ({ value, about: "" }));
  const isOpen = argument !== undefined && argument.argChoices === undefined;
  return {
    ...here,
    candidates: [...subcommands, ...choices],
    kinds: isOpen ? argument.name().split("|") : [],
  };
}

/** Where one is after one more word. */
function pass(place: Place, word: string): Place {
  const { command, operands, given, option, isOver } = place;
  const plain = { command, operands, given, isOver };
  if (option !== undefined) return { ...plain, given: new Map([...given, [nameOf(option), word]]) };
  if (!isOver && word === "--") return { ...plain, isOver: true };
  if (!isOver && word.startsWith("-") && word !== "-") {
    const [name = "", value] = split(word);
    const found = findOption(command, name);
    if (found === undefined || !takesValue(found)) return plain;
    return value === undefined
      ? { ...plain, option: found }
      : { ...plain, given: new Map([...given, [nameOf(found), value]]) };
  }
  const sub = operands.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
  if (sub !== undefined) return { ...plain, command: sub };
  // 'help boots' is completed as 'boots' is, as far as that goes.
  return word === "help" && command.parent === null ? plain : { ...plain, operands: [...operands, word] };
}

function split(word: string): readonly [string, string?] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** A command's own, or of the command that it belongs to. */
function findOption(command: Command | null, name: string): Option | undefined {
  if (command === null) return undefined;
  return (
    command.options.find(({ short, long }) => short === name || long === name) ??
    findOption(command.parent, name)
  );
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function nameOf(option: Option): string {
  return option.long ?? option.short ?? "";
}

function valuesOf(option: Option): Pick<Completion, "candidates" | "kinds" | "option"> {
  const candidates = (option.argChoices ?? []).map((value) => ({ value, about: "" }));
  const [, kind] = /[<[]([^>\].]+)/.exec(option.flags) ?? [];
  const isOpen = option.argChoices === undefined && kind !== undefined;
  return { candidates, kinds: isOpen ? [kind] : [], option: nameOf(option) };
}

function optionsOf(command: Command): readonly Candidate[] {
  const help = { value: "--help", about: "say how it is used" };
  const shown = command.options.filter(({ hidden }) => !hidden);
  return [...shown.map((option) => ({ value: nameOf(option), about: option.description })), help];
}

function commandsOf(command: Command, program: Command): readonly Candidate[] {
  const shown = command.createHelp().visibleCommands(command);
  return shown
    .filter((each) => command === program || each.name() !== "help")
    .map((each) => ({ value: each.name(), about: each.summary() || each.description() }));
}

function variadic(command: Command) {
  const last = command.registeredArguments.at(-1);
  return last?.variadic === true ? last : undefined;
}
