/**
 * One line of what nix says with `--log-format internal-json`: activities that begin and end, what came
 * of them, and messages.
 *
 * The format has no version and no promise; what is not known is `undefined`, and never an error.
 *
 * @see nix src/libutil/logging.hh (ActivityType, ResultType)
 */

/** Names an activity while it lasts. Text, since a remote builder's has more digits than a number holds. */
export type ActivityId = string;

/** What goes on; `other` is everything that nobody needs to see. */
export type Activity =
  | { readonly type: "copy-path"; readonly path: string }
  | { readonly type: "download"; readonly url: string }
  | { readonly type: "realise" }
  | { readonly type: "copy-paths" }
  | { readonly type: "builds" }
  /** `derivation` is a store path that ends in `.drv`. */
  | { readonly type: "build"; readonly derivation: string }
  | { readonly type: "substitute"; readonly path: string }
  | { readonly type: "other"; readonly text: string };

export type NixLogLine =
  | { readonly type: "start"; readonly id: ActivityId; readonly activity: Activity }
  | { readonly type: "stop"; readonly id: ActivityId }
  /** A builder's own output, a line of it. */
  | { readonly type: "build-log"; readonly id: ActivityId; readonly line: string }
  | { readonly type: "phase"; readonly id: ActivityId; readonly phase: string }
  /** Of a download in bytes, of `builds` and `copy-paths` in pieces. */
  | {
      readonly type: "progress";
      readonly id: ActivityId;
      readonly done: number;
      readonly expected: number;
      readonly running: number;
      readonly failed: number;
    }
  /** How much there will be of an activity's kind in all. */
  | { readonly type: "expected"; readonly of: Activity["type"]; readonly amount: number }
  | { readonly type: "message"; readonly level: NixLevel; readonly text: string };

/** As nix sorts what it says; `detail` is all that nobody asked for. */
export type NixLevel = "error" | "warning" | "notice" | "detail";

const MARK = "@nix ";
const LEVELS: readonly NixLevel[] = ["error", "warning", "notice"];
const ACTIVITIES: ReadonlyMap<number, Activity["type"]> = new Map([
  [100, "copy-path"],
  [101, "download"],
  [102, "realise"],
  [103, "copy-paths"],
  [104, "builds"],
  [105, "build"],
  [108, "substitute"],
]);
const RESULT_BUILD_LOG = 101;
const RESULT_PHASE = 104;
const RESULT_PROGRESS = 105;
const RESULT_EXPECTED = 106;
const RESULT_POST_BUILD_LOG = 107;

/**
 * Reads one line.
 *
 * @returns `undefined` for what is known and of no use; a `message` for what is not in this format at
 * all, which somebody else than nix has said
 */
export function parseNixLogLine(line: string): NixLogLine | undefined {
  if (!line.startsWith(MARK)) {
    const text = plainText(line);
    return text === "" ? undefined : { type: "message", level: "error", text };
  }
  const record = parseRecord(line.slice(MARK.length));
  if (record === undefined) return undefined;
  const id = /"id":(\d{1,20})/.exec(line)?.[1];
  switch (record.action) {
    case "msg":
      return typeof record.msg === "string"
        ? { type: "message", level: levelOf(record.level), text: plainText(record.msg) }
        : undefined;
    case "start":
      return id === undefined ? undefined : { type: "start", id, activity: activityOf(record) };
    case "stop":
      return id === undefined ? undefined : { type: "stop", id };
    case "result":
      return id === undefined ? undefined : resultOf(id, record);
    default:
      return undefined;
  }
}

function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function levelOf(level: unknown): NixLevel {
  return (typeof level === "number" ? LEVELS[level] : undefined) ?? "detail";
}

function fieldsOf({ fields }: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Array.isArray(fields) ? fields : [];
}

function activityOf(record: Readonly<Record<string, unknown>>): Activity {
  const type = ACTIVITIES.get(Number(record.type));
  const [first] = fieldsOf(record);
  const field = typeof first === "string" ? first : "";
  switch (type) {
    case "copy-path":
    case "substitute":
      return { type, path: field };
    case "download":
      return { type, url: field };
    case "build":
      return { type, derivation: field };
    case "realise":
    case "copy-paths":
    case "builds":
      return { type };
    default:
      return { type: "other", text: typeof record.text === "string" ? plainText(record.text) : "" };
  }
}

function resultOf(id: ActivityId, record: Readonly<Record<string, unknown>>): NixLogLine | undefined {
  const fields = fieldsOf(record);
  switch (record.type) {
    case RESULT_BUILD_LOG:
    case RESULT_POST_BUILD_LOG:
      return typeof fields[0] === "string"
        ? { type: "build-log", id, line: plainText(fields[0]) }
        : undefined;
    case RESULT_PHASE:
      return typeof fields[0] === "string" ? { type: "phase", id, phase: plainText(fields[0]) } : undefined;
    case RESULT_PROGRESS: {
      const [done = 0, expected = 0, running = 0, failed = 0] = fields.map(countOf);
      return { type: "progress", id, done, expected, running, failed };
    }
    case RESULT_EXPECTED: {
      const of = ACTIVITIES.get(countOf(fields[0]));
      return of === undefined ? undefined : { type: "expected", of, amount: countOf(fields[1]) };
    }
    default:
      return undefined;
  }
}

function countOf(value: unknown): number {
  return typeof value === "number" && value > 0 ? value : 0;
}

/** Without the colours, and whatever else a terminal would act on. */
function plainText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the control sequences that go
      .replaceAll(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)/g, "")
      // What a progress bar drew and overwrote is not what was there in the end.
      .replaceAll(/[^\n]*\r(?=[^\n])/g, "")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "")
      .trimEnd()
  );
}
