import { expect, test } from "vitest";
import { marksOf } from "../../../src/boot/rollout/marks.ts";
import { NEW_TRACK } from "../../../src/boot/rollout/rollout.ts";

const TRACK = {
  ...NEW_TRACK,
  settled: ["one"],
  proven: ["one"],
  candidate: "three",
  pin: "one",
  bad: [
    { generation: "two", reason: "unwell", atMs: 1 },
    { generation: "two", reason: "boot-loop", atMs: 2 },
  ],
} as const;

test.each([
  ["one", { isProven: true, isCandidate: false, isPinned: true }],
  ["two", { isProven: false, isCandidate: false, isPinned: false, bad: "boot-loop" }],
  ["three", { isProven: false, isCandidate: true, isPinned: false }],
])("generation %s is marked as the rollout knows it", (generation, marks) => {
  expect(marksOf(TRACK, generation)).toEqual(marks);
});
