import { expect, test } from "vitest";
import { progressText } from "../../../src/boot/build/describe-build.ts";
import { logText, NO_PROGRESS, progressStep } from "../../../src/boot/build/progress.ts";
import { type NixLogLine, parseNixLogLine } from "../../../src/wire/nix/log-line.ts";

function after(...lines: NixLogLine[]) {
  return lines.reduce(progressStep, NO_PROGRESS);
}

const builds = { type: "start", id: "1", activity: { type: "builds" } } as const;
const kernel = {
  type: "start",
  id: "2",
  activity: { type: "build", derivation: "/nix/store/d5710np18izlpjbw356y6cl9hqz2qjb2-linux-6.12.9.drv" },
} as const;
const counts = (id: string, done: number, expected: number): NixLogLine => ({
  ...{ type: "progress", id, done, expected, running: 0, failed: 0 },
});

test("builds are counted, and the one that runs is named with its phase", () => {
  const state = after(builds, counts("1", 1, 7), kernel, { type: "phase", id: "2", phase: "buildPhase" });
  expect(progressText(state.progress)).toBe("1 of 7 built, building linux-6.12.9 (buildPhase)");
});

test("downloads are summed over those that run and those that are over, against what was announced", () => {
  const download = (id: string): NixLogLine => ({
    type: "start",
    id,
    activity: { type: "download", url: "u" },
  });
  const state = after(
    { type: "expected", of: "download", amount: 3_000_000 },
    download("5"),
    counts("5", 1_000_000, 1_000_000),
    { type: "stop", id: "5" },
    download("6"),
    counts("6", 500_000, 2_000_000),
  );
  expect(state.progress).toMatchObject({ downloadedBytes: 1_500_000, expectedBytes: 3_000_000 });
  expect(progressText(state.progress)).toBe("1.4 MiB of 2.9 MiB, fetching u");
});

test("what is over is not shown any more", () => {
  const state = after(builds, counts("1", 0, 1), kernel, { type: "stop", id: "2" }, counts("1", 1, 1));
  expect(progressText(state.progress)).toBe("1 of 1 built");
});

test("a builder's line stands in the log behind its name, and nix's own errors as they are", () => {
  const state = after(builds, kernel);
  expect(logText(state, { type: "build-log", id: "2", line: "cc main.c" })).toBe("linux-6.12.9> cc main.c");
  expect(logText(state, { type: "message", level: "error", text: "error: no" })).toBe("error: no");
  expect(logText(state, { type: "message", level: "detail", text: "evaluating file" })).toBeUndefined();
});

test("activities that nix never ends are forgotten", () => {
  const many = Array.from(
    { length: 2000 },
    (_, i): NixLogLine => ({ type: "start", id: `${i}`, activity: { type: "other", text: `t${i}` } }),
  );
  expect(after(...many).activities.size).toBe(512);
});

test("a whole build of nix 2.8 is read", () => {
  const lines = [
    '@nix {"action":"start","id":1,"level":4,"text":"copying \'/tmp/flake\'","type":0}',
    '@nix {"action":"stop","id":1}',
    '@nix {"action":"start","id":2,"level":0,"text":"","type":102}',
    '@nix {"action":"start","id":3,"level":0,"text":"","type":104}',
    '@nix {"action":"start","id":4,"level":0,"text":"","type":103}',
    '@nix {"action":"result","fields":[0,1,0,0],"id":3,"type":105}',
    '@nix {"action":"result","fields":[101,0],"id":2,"type":106}',
    '@nix {"action":"start","fields":["/nix/store/d5710np18izlpjbw356y6cl9hqz2qjb2-kexec-tree.drv","",1,1],"id":5,"level":3,"text":"building","type":105}',
    '@nix {"action":"result","fields":[0,1,1,0],"id":3,"type":105}',
    '@nix {"action":"result","fields":["hello"],"id":5,"type":101}',
  ].flatMap((line) => parseNixLogLine(line) ?? []);
  expect(progressText(after(...lines).progress)).toBe("0 of 1 built, building kexec-tree");
});
