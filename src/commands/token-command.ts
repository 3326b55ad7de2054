/** The command line of who may ask a server from elsewhere. */

import type { Command } from "commander";
import {
  type AdminFlags,
  adminRequest,
  type ListFlags,
  listFlags,
  listOptions,
  print,
  type RequestOf,
} from "./admin-flags.ts";

interface StateFlags {
  readonly state?: string;
}

/** Adds `token create`, `token list` and `token revoke`. */
export function addToken(program: Command, requestOf: RequestOf): void {
  const token = program
    .command("token")
    .summary("say who may ask a server from elsewhere")
    .description("Makes, lists and revokes tokens; where no server runs, in its state folder.");
  const state = ["--state <folder>", "the server's state folder, where none runs (.mayfly)"] as const;
  const requestOfAll = ({ state: folder, ...flags }: AdminFlags & StateFlags) =>
    adminRequest(flags, (known) => requestOf(folder === undefined ? known : { ...known, state: folder }));

  listFlags(token.command("create"))
    .summary("make a token, and show it this once")
    .argument("<NAME>", "for people, and for the log: who has it")
    .option("--scope <scope>", "read, operate (steers too) or admin (makes tokens too)", "read")
    .option("--days <number>", "how long it counts (until it is revoked)")
    .option(...state)
    .action(async (name: string, flags: ListFlags & StateFlags & { scope: string; days?: string }) => {
      const { createToken } = await import("./tokens.ts");
      const { scope, days, json, ...rest } = flags;
      const wish = days === undefined ? { scope } : { scope, days };
      const { text, notes } = await createToken(requestOfAll(rest), name, wish);
      if (json === true) {
        print([JSON.stringify({ name, scope, token: text }, undefined, 2)]);
        return;
      }
      console.log(text);
      for (const note of notes) console.error(note);
    });
  listFlags(token.command("list"))
    .summary("list the tokens that count")
    .option(...state)
    .action(async (flags: ListFlags & StateFlags) => {
      const { listTokens } = await import("./tokens.ts");
      print(await listTokens(requestOfAll(flags), listOptions(flags)));
    });
  listFlags(token.command("revoke"))
    .summary("let a token count no more")
    .argument("<TOKEN>", "as 'token list' has it")
    .option(...state)
    .action(async (name: string, flags: ListFlags & StateFlags) => {
      const { revokeToken } = await import("./tokens.ts");
      print(await revokeToken(requestOfAll(flags), name, flags.json === true));
    });
}
