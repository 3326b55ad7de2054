/** How far a build has come: what nix says line by line, put together. Pure. */

import type { ActivityId, NixLogLine } from "../../wire/nix/log-line.ts";

/** How far a build has come, for people. */
export interface BuildProgress {
  /** Derivations. */
  readonly builds: Counted;
  /** Store paths that come from a cache or another machine. */
  readonly copies: Counted;
  /** What is downloaded, in bytes; `expected` is 0 while nobody knows. */
  readonly downloadedBytes: number;
  readonly expectedBytes: number;
  /** What is done now: `building linux-6.12.9`, `fetching https://…`; absent while nix says nothing. */
  readonly now?: string;
}

interface Counted {
  readonly done: number;
  readonly expected: number;
}

/** Progress, and what has to be remembered to go on with it. */
export interface ProgressState {
  readonly progress: BuildProgress;
  readonly activities: ReadonlyMap<ActivityId, Running>;
  /** Of the downloads that are over, in bytes. */
  readonly endedBytes: number;
  /** What nix announced that it will download, in bytes. */
  readonly announcedBytes: number;
}

interface Running {
  readonly type: "builds" | "copy-paths" | "download" | "build" | "copy-path" | "substitute" | "other";
  readonly text: string;
  /** Of a build: the name that stands before its lines in the log. */
  readonly name?: string;
  readonly bytes: number;
  readonly expectedBytes: number;
}

export const NO_PROGRESS: ProgressState = {
  progress: {
    builds: { done: 0, expected: 0 },
    copies: { done: 0, expected: 0 },
    downloadedBytes: 0,
    expectedBytes: 0,
  },
  activities: new Map(),
  endedBytes: 0,
  announcedBytes: 0,
};

/** More at once than any machine builds; what nix forgets to end must not be kept for ever. */
const MAX_ACTIVITIES = 512;

/** One line further. */
export function progressStep(state: ProgressState, line: NixLogLine): ProgressState {
  switch (line.type) {
    case "start":
      return start(state, line);
    case "stop":
      return stop(state, line.id);
    case "phase": {
      const running = state.activities.get(line.id);
      if (running?.name === undefined) return state;
      return enter(state, line.id, { ...running, text: `building ${running.name} (${line.phase})` });
    }
    case "progress":
      return count(state, line);
    case "expected":
      if (line.of !== "download") return state;
      return summed({ ...state, announcedBytes: line.amount });
    case "build-log":
    case "message":
      return state;
  }
}

/** What of a line belongs into the log, if anything: what builders said, and what went wrong. */
export function logText(state: ProgressState, line: NixLogLine): string | undefined {
  if (line.type === "build-log") {
    const name = state.activities.get(line.id)?.name;
    return name === undefined ? line.line : `${name}> ${line.line}`;
  }
  return line.type === "message" && line.level !== "detail" && line.text !== "" ? line.text : undefined;
}

function start(state: ProgressState, { id, activity }: NixLogLine & { type: "start" }): ProgressState {
  const plain = { bytes: 0, expectedBytes: 0 };
  switch (activity.type) {
    case "realise":
      return state;
    case "builds":
    case "copy-paths":
      return enter(state, id, { ...plain, type: activity.type, text: "" });
    case "build": {
      const name = nameOf(activity.derivation.replace(/\.drv$/, ""));
      return enter(state, id, { ...plain, type: "build", text: `building ${name}`, name });
    }
    case "copy-path":
    case "substitute":
      return enter(state, id, {
        ...plain,
        type: activity.type,
        text: `fetching ${nameOf(activity.path)}`,
      });
    case "download":
      return enter(state, id, { ...plain, type: "download", text: `fetching ${activity.url}` });
    case "other":
      return activity.text === ""
        ? state
        : enter(state, id, { ...plain, type: "other", text: activity.text });
  }
}

function enter(state: ProgressState, id: ActivityId, running: Running): ProgressState {
  const activities = new Map(state.activities);
  activities.delete(id);
  activities.set(id, running);
  const [oldest] = activities.keys();
  if (activities.size > MAX_ACTIVITIES && oldest !== undefined) activities.delete(oldest);
  return summed({ ...state, activities });
}

function stop(state: ProgressState, id: ActivityId): ProgressState {
  const running = state.activities.get(id);
  if (running === undefined) return state;
  const activities = new Map(state.activities);
  activities.delete(id);
  const endedBytes = state.endedBytes + (running.type === "download" ? running.bytes : 0);
  return summed({ ...state, activities, endedBytes });
}

function count(state: ProgressState, line: NixLogLine & { type: "progress" }): ProgressState {
  const { id, done, expected } = line;
  const running = state.activities.get(id);
  const { progress } = state;
  switch (running?.type) {
    case "builds":
      return { ...state, progress: { ...progress, builds: { done, expected } } };
    case "copy-paths":
      return { ...state, progress: { ...progress, copies: { done, expected } } };
    case "download": {
      const activities = new Map(state.activities);
      activities.set(id, { ...running, bytes: done, expectedBytes: expected });
      return summed({ ...state, activities });
    }
    default:
      return state;
  }
}

/** What follows from the activities: the sums, and what to show of what is done now. */
function summed(state: ProgressState): ProgressState {
  const { activities, endedBytes, announcedBytes } = state;
  let bytes = endedBytes;
  let expected = endedBytes;
  let now: Running | undefined;
  for (const running of activities.values()) {
    if (running.type === "download") {
      bytes += running.bytes;
      expected += Math.max(running.bytes, running.expectedBytes);
    }
    if (rank(running) >= rank(now)) now = running;
  }
  const { now: _before, ...rest } = state.progress;
  return {
    ...state,
    progress: {
      ...rest,
      downloadedBytes: bytes,
      expectedBytes: Math.max(expected, announcedBytes),
      ...(now === undefined || now.text === "" ? {} : { now: now.text }),
    },
  };
}

/** Of all that goes on at once, what a person wants to read; the latest of each kind. */
function rank(running: Running | undefined): number {
  switch (running?.type) {
    case "build":
      return 5;
    case "copy-path":
    case "substitute":
      return 4;
    case "download":
      return 3;
    case "other":
      return 2;
    case "builds":
    case "copy-paths":
      return 1;
    case undefined:
      return 0;
  }
}

/** `/nix/store/HASH-NAME`: the name. */
function nameOf(path: string): string {
  return path.replace(/^.*\//, "").replace(/^[0-9a-z]{32}-/, "");
}
