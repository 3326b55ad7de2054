/** `/hosts/{name}/generations`: every generation that a host's image ever had, and what changed between two. */

import { diffClosures } from "../../boot/history/closure.ts";
import { diffRecords } from "../../boot/history/diff-records.ts";
import type { GenerationRecord } from "../../boot/history/record.ts";
import type { HostName } from "../../boot/host.ts";
import type { Admin } from "../admin.ts";
import { currentOf, imageOf, latest, recordOf } from "../find-record.ts";
import { readCursor, writeCursor } from "../paging.ts";
import { Problem } from "../problem.ts";
import { jsonRoute, type Route } from "../route.ts";
import {
  diffQuery,
  generationDetail,
  generationDiff,
  generations as generationPage,
  generationParams,
  generationsQuery,
} from "../schema/generations.ts";
import { hostParams } from "../schema/identity.ts";
import { viewGeneration, viewGenerationDetail, viewPackages, viewRecordDiff } from "../view-generation.ts";

export const GENERATION_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/hosts/{name}/generations",
    scope: "read",
    summary: "Lists every generation that a host's image ever had, the highest number first.",
    params: hostParams,
    query: generationsQuery,
    answers: generationPage,
    async answer({ params: { name }, query: { cursor, limit } }, admin) {
      const image = await imageOf(name, admin);
      const below = cursor === undefined ? {} : { below: readNumber(cursor) };
      const page = await admin.generations.page(image, { ...below, limit });
      const total = (await admin.generations.images()).get(image) ?? 0;
      const views = await Promise.all(page.map((record) => view(record, name, admin)));
      const lowest = page.at(-1)?.number ?? 1;
      const next = lowest > 1 ? { next: writeCursor(String(lowest)) } : {};
      return { image, total, ...next, generations: views };
    },
  }),
  jsonRoute({
    method: "get",
    path: "/hosts/{name}/generations/{number}",
    scope: "read",
    summary: "Tells all that is remembered of a generation, and how its last boots went.",
    params: generationParams,
    answers: generationDetail,
    async answer({ params: { name, number } }, admin) {
      const record = await recordOf(await imageOf(name, admin), number, admin);
      return viewGenerationDetail(record, await stateOf(record, name, admin));
    },
  }),
  jsonRoute({
    method: "get",
    path: "/hosts/{name}/diff",
    scope: "read",
    summary: "Tells what changed from one generation to another.",
    params: hostParams,
    query: diffQuery,
    answers: generationDiff,
    async answer({ params: { name }, query }, admin) {
      const image = await imageOf(name, admin);
      const to =
        query.to === undefined ? await latest(name, image, admin) : await recordOf(image, query.to, admin);
      const from =
        query.from === undefined ? await before(to, admin) : await recordOf(image, query.from, admin);
      return {
        from: await view(from, name, admin),
        to: await view(to, name, admin),
        ...viewRecordDiff(diffRecords(from, to)),
        ...(await packages(from, to, admin)),
      };
    },
  }),
];

/** @throws {@link Problem} `invalid` */
function readNumber(cursor: string): number {
  const number = Number(readCursor(cursor));
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new Problem("invalid", "cursor: want 'next' of the page before");
}

/** The one that was published last before this one. */
async function before(record: GenerationRecord, { generations }: Admin): Promise<GenerationRecord> {
  const { image, number, lastMs } = record;
  const recent = await generations.recent(image, MANY);
  const at = recent.findIndex((other) => other.number === number);
  const found = at < 0 ? recent.find((other) => other.lastMs < lastMs) : recent[at + 1];
  if (found === undefined)
    throw new Problem(
      "not-found",
      `generation ${number} is the first that ${image} ever had: there is none before it`,
    );
  return found;
}

const MANY = 100;

async function packages(from: GenerationRecord, to: GenerationRecord, { generations }: Admin) {
  const [old, young] = await Promise.all([generations.closureOf(from), generations.closureOf(to)]);
  if (old !== undefined && young !== undefined) return { packages: viewPackages(diffClosures(old, young)) };
  const lacking = [...(old === undefined ? [from] : []), ...(young === undefined ? [to] : [])];
  const numbers = lacking.map(({ number }) => number).join(" and ");
  return {
    untold:
      `what generation ${numbers} consists of is not known: nix is not on the server, ` +
      "or its store does not have the system",
  };
}

async function view(record: GenerationRecord, name: HostName, admin: Admin) {
  return viewGeneration(record, await stateOf(record, name, admin));
}

async function stateOf({ image, number }: GenerationRecord, name: HostName, admin: Admin) {
  const boots = await admin.generations.boots(image, number);
  return { boots, current: currentOf(name, admin), snapshot: admin.snapshot() };
}
