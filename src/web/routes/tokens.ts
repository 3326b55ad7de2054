/** `/tokens`: who may ask from elsewhere, and what. */

import type { Token } from "../../boot/access/token.ts";
import { isoTime } from "../present.ts";
import { Problem } from "../problem.ts";
import { jsonRoute, type Route } from "../route.ts";
import { newToken, revocation, tokenBody, tokenParams, tokens } from "../schema/tokens.ts";

function view({ name, scope, createdMs, expiresMs }: Token) {
  const expires = expiresMs === undefined ? {} : { expires: isoTime(expiresMs) };
  return { name, scope, created: isoTime(createdMs), ...expires };
}

export const TOKEN_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/tokens",
    scope: "admin",
    summary: "Lists the tokens that count; their texts nobody knows but whoever has them.",
    answers: tokens,
    answer: async (_asked, { access }) => ({ tokens: access.list().map(view) }),
  }),
  jsonRoute({
    method: "post",
    path: "/tokens",
    scope: "admin",
    summary: "Makes a token, whose text is told this once.",
    noes: ["refused"],
    body: tokenBody,
    answers: newToken,
    async answer({ body: { name, scope, days } }, { access }) {
      const text = await access.create(name, scope, days);
      const made = access.list().find((each) => each.name === name);
      if (text === undefined || made === undefined) {
        const cure = `'mayfly token revoke ${name}' first, or take another name`;
        throw new Problem("refused", `there is a token '${name}' already`, cure);
      }
      return { ...view(made), token: text };
    },
  }),
  jsonRoute({
    method: "delete",
    path: "/tokens/{name}",
    scope: "admin",
    summary: "Revokes a token: it, and whoever has logged in with it, counts no more.",
    params: tokenParams,
    answers: revocation,
    async answer({ params: { name } }, { access }) {
      if (await access.revoke(name)) return { name };
      throw new Problem(
        "not-found",
        `there is no token '${name}'`,
        "'mayfly token list' says which there are",
      );
    },
  }),
];
