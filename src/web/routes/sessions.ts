/** `/sessions`: how machines have booted, and how they boot now. */

import { type BootMedians, bootMedians } from "../../boot/session/medians.ts";
import type { SessionId } from "../../boot/session/session.ts";
import { isSeenSince, type SessionFilter } from "../../boot/session/session-filter.ts";
import { firstIdAt, isSessionId } from "../../boot/session/session-id.ts";
import type { Admin } from "../admin.ts";
import { readCursor, writeCursor } from "../paging.ts";
import { isoTime, present } from "../present.ts";
import { Problem } from "../problem.ts";
import { jsonRoute, type Route } from "../route.ts";
import { hostParams } from "../schema/identity.ts";
import {
  bootTimes,
  bootTimesQuery,
  medians,
  mediansQuery,
  sessionDetail,
  sessions as sessionPage,
  sessionParams,
  sessionsQuery,
  stages,
  stagesQuery,
} from "../schema/sessions.ts";
import {
  viewBootTime,
  viewConsole,
  viewDiagnosis,
  viewMedians,
  viewSession,
  viewSessionRow,
  viewStages,
} from "../view-session.ts";

/** Boots that one is held against. */
const EARLIER = 20;
/** Twice as many machines as a server of ours has been seen to boot at once. */
const MAX_STAGED = 2000;
/** More than one an hour for eight weeks; of a machine that begins anew all the time nobody wants to see more. */
const MAX_TIMED = 1500;
const MS_PER_WEEK = 7 * 86_400_000;

export const SESSION_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/sessions",
    scope: "read",
    summary: "Lists boots, under way or over, the last one first.",
    query: sessionsQuery,
    answers: sessionPage,
    async answer({ query: { limit, cursor, ...query } }, { sessions }) {
      const before = cursor === undefined ? query.before : beforeCursor(cursor);
      // One more than is shown tells whether there is another page.
      const found = await sessions.list(present({ ...query, before }), limit + 1);
      const shown = found.slice(0, limit);
      const last = found.length > limit ? shown.at(-1) : undefined;
      const transfers = sessions.transfers();
      return {
        ...(last === undefined ? {} : { next: writeCursor(last.id) }),
        sessions: shown.map((each) => viewSessionRow(each, transfers)),
      };
    },
  }),
  jsonRoute({
    method: "get",
    path: "/stages",
    scope: "read",
    summary: "Tells which stages the boots of the last minutes went through, in short.",
    query: stagesQuery,
    answers: stages,
    async answer({ query: { minutes } }, { sessions }) {
      const fromMs = Date.now() - minutes * 60_000;
      const found = await sessions.list({}, MAX_STAGED + 1);
      const shown = found.slice(0, MAX_STAGED).filter((each) => isSeenSince(each, fromMs));
      const isCut = found.length > MAX_STAGED && (found.at(-1)?.startMs ?? 0) >= fromMs;
      return { from: isoTime(fromMs), isCut, boots: shown.map(viewStages) };
    },
  }),
  jsonRoute({
    method: "get",
    path: "/sessions/{id}",
    scope: "read",
    summary: "Tells every stage of a boot, and what the earlier boots of its host took.",
    params: sessionParams,
    answers: sessionDetail,
    async answer({ params: { id } }, { sessions }) {
      const session = await sessions.get(id);
      if (session === undefined)
        throw new Problem("not-found", `there was no boot ${id}, or it is not kept any more`);
      const { host, mac } = session;
      const filter = { ...(host === undefined ? { mac } : { host }), before: id };
      const earlier = await mediansOf(filter, EARLIER, sessions);
      const found = await sessions.diagnose(session);
      return {
        ...viewSession(session, sessions.transfers()),
        medians: viewMedians(earlier),
        diagnoses: found.map(viewDiagnosis),
        console: viewConsole(session),
      };
    },
  }),
  jsonRoute({
    method: "get",
    path: "/hosts/{name}/medians",
    scope: "read",
    summary: "Tells how long the stages of a host's boots take as a rule.",
    params: hostParams,
    query: mediansQuery,
    answers: medians,
    async answer({ params: { name }, query: { limit } }, { sessions }) {
      return viewMedians(await mediansOf({ host: name }, limit, sessions));
    },
  }),
  jsonRoute({
    method: "get",
    path: "/hosts/{name}/boot-times",
    scope: "read",
    summary: "Tells how long the boots of a host took in the last weeks, in short.",
    params: hostParams,
    query: bootTimesQuery,
    answers: bootTimes,
    async answer({ params: { name }, query: { weeks } }, { sessions }) {
      const fromMs = Date.now() - weeks * MS_PER_WEEK;
      const found = await sessions.list({ host: name, since: firstIdAt(fromMs) }, MAX_TIMED + 1);
      const boots = found.slice(0, MAX_TIMED).map(viewBootTime);
      return { from: isoTime(fromMs), isCut: found.length > MAX_TIMED, boots };
    },
  }),
];

/** @throws {@link Problem} `invalid` */
function beforeCursor(cursor: string): SessionId {
  const id = readCursor(cursor);
  if (isSessionId(id)) return id;
  throw new Problem("invalid", "cursor: want 'next' of the page before");
}

async function mediansOf(
  filter: SessionFilter,
  limit: number,
  sessions: Admin["sessions"],
): Promise<BootMedians> {
  return bootMedians(await sessions.list(filter, limit));
}
