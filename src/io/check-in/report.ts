/** Reads what a booted node says of itself: a form or JSON, nothing of which may be longer than a log can bear. */

import * as z from "zod";
import { type CheckIn, LAST_CLOCK_MS } from "../../boot/session/check-in.ts";

/** What a report has room for; what is more of it is left out, since the rest is worth having. */
const MAX_NAMES = 64;
const MAX_LENGTH = 255;
/** A system that took longer has a clock that is wrong. */
const MAX_UPTIME_MS = 366 * 24 * 60 * 60_000;

const text = z.string().transform(clean);
const optionalText = text.transform((value) => (value === "" ? undefined : value)).nullish();

/** Units have no blanks in their names, paths may have some. */
const names = (separator: RegExp) =>
  z
    .union([z.string(), z.array(z.string())])
    .nullish()
    .transform((value) =>
      [value ?? []]
        .flat()
        .flatMap((each) => each.split(separator))
        .map(clean)
        .filter((name) => name !== "")
        .slice(0, MAX_NAMES),
    );

/** Seconds, as `/proc/uptime` has them first. */
const uptime = z
  .union([z.number(), z.string()])
  .nullish()
  .transform((value, context) => {
    if (value == null || value === "") return undefined;
    const ms = Math.round(1000 * Number.parseFloat(String(value)));
    if (ms >= 0 && ms <= MAX_UPTIME_MS) return ms;
    context.addIssue({ code: "custom", message: "no number of seconds" });
    return z.NEVER;
  });

/** Seconds since the epoch, as `date +%s` has them. */
const clock = z
  .union([z.number(), z.string()])
  .nullish()
  .transform((value, context) => {
    if (value == null || value === "") return undefined;
    const ms = Math.round(1000 * Number(value));
    if (ms >= 0 && ms <= LAST_CLOCK_MS) return ms;
    context.addIssue({ code: "custom", message: "no number of seconds" });
    return z.NEVER;
  });

/** What else it has is for a later version. */
const report = z.object({
  system: optionalText,
  kernel: optionalText,
  clock,
  uptime,
  failedUnits: names(/\s+/),
  missingMounts: names(/[\r\n]+/),
  missingFiles: names(/[\r\n]+/),
});

/**
 * Reads a report. An empty one says that the node is up, and no more.
 *
 * @param type - its `Content-Type`; what begins with a brace is JSON whatever it says, since `curl --data`
 * says that everything is a form
 * @returns `undefined` for what is neither, or has something in it that is not what it should be
 */
export function readReport(bytes: Uint8Array, type: string | undefined, atMs: number): CheckIn | undefined {
  const body = decodeUtf8(bytes)?.trim();
  const said = body === undefined ? undefined : fieldsOf(body, type);
  const { data } = report.safeParse(said);
  if (data === undefined) return undefined;
  const { system, kernel, clock: clockMs, uptime: uptimeMs, failedUnits, missingMounts, missingFiles } = data;
  return {
    atMs,
    ...(clockMs === undefined ? {} : { clockMs }),
    ...(system == null ? {} : { system }),
    ...(kernel == null ? {} : { kernel }),
    ...(uptimeMs === undefined ? {} : { uptimeMs }),
    ...{ failedUnits, missingMounts, missingFiles },
  };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** @returns `undefined` for bad JSON; a form is never bad */
function fieldsOf(body: string, type = ""): unknown {
  if (body === "") return {};
  if (!body.startsWith("{") && !/^application\/json\b/i.test(type)) return formFields(body);
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const LISTS: ReadonlySet<string> = new Set(["failedUnits", "missingMounts", "missingFiles"]);

/** A list is a field that is there several times, or has several lines. */
function formFields(body: string): Readonly<Record<string, string | string[]>> {
  const form = new URLSearchParams(body);
  return Object.fromEntries(
    [...new Set(form.keys())].map((key) => [key, LISTS.has(key) ? form.getAll(key) : (form.get(key) ?? "")]),
  );
}

/** It is shown in logs and on screens: a line, without what moves a cursor. */
function clean(value: string): string {
  return value
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")
    .trim()
    .slice(0, MAX_LENGTH);
}
