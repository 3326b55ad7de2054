import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The string literals of a union type, as they stand in the source. */
function unionMembers(file: string, type: string): string[] {
  const source = readFileSync(file, "utf8");
  const declaration = new RegExp(`export type ${type} =([^;]*);`).exec(source.replaceAll(/\/\/.*$/gm, ""));
  return [...(declaration?.[1] ?? "").matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "");
}

test.each([
  ["src/wire/error.ts", "WireErrorCode"],
  ["src/boot/decide.ts", "SilentReason"],
  ["src/boot/decide.ts", "RefusedReason"],
  ["src/boot/event.ts", "TransferResult"],
  ["src/boot/check-in/refusal.ts", "CheckInRefusal"],
  ["src/boot/rpi4/finding.ts", "FindingCode"],
  ["src/boot/diagnosis/diagnosis.ts", "DiagnosisCode"],
  ["src/boot/rollout/rollout.ts", "BadReason"],
  ["src/boot/doctor/finding.ts", "DoctorCode"],
  ["src/boot/lease/lease-decision.ts", "LeaseSilence"],
  ["src/boot/lease/lease-decision.ts", "NakReason"],
  ["src/io/store/store-error.ts", "StoreErrorCode"],
  ["src/web/problem.ts", "ProblemCode"],
])("docs/errors.md explains every member of %s %s, and none besides", (file, type) => {
  const members = unionMembers(file, type);
  expect(members.length).toBeGreaterThan(1);
  const documented = readFileSync("docs/errors.md", "utf8");
  expect(members.filter((member) => !documented.includes(`| \`${member}\` |`))).toEqual([]);
});

test("docs/errors.md lists no code that is not in the source", () => {
  const known = new Set([
    ...unionMembers("src/wire/error.ts", "WireErrorCode"),
    ...unionMembers("src/boot/decide.ts", "SilentReason"),
    ...unionMembers("src/boot/decide.ts", "RefusedReason"),
    ...unionMembers("src/boot/event.ts", "TransferResult"),
    ...unionMembers("src/boot/check-in/refusal.ts", "CheckInRefusal"),
    ...unionMembers("src/boot/rpi4/finding.ts", "FindingCode"),
    ...unionMembers("src/boot/diagnosis/diagnosis.ts", "DiagnosisCode"),
    ...unionMembers("src/boot/rollout/rollout.ts", "BadReason"),
    ...unionMembers("src/boot/doctor/finding.ts", "DoctorCode"),
    ...unionMembers("src/boot/lease/lease-decision.ts", "LeaseSilence"),
    ...unionMembers("src/boot/lease/lease-decision.ts", "NakReason"),
    ...unionMembers("src/io/store/store-error.ts", "StoreErrorCode"),
    ...unionMembers("src/web/problem.ts", "ProblemCode"),
  ]);
  const listed = [...readFileSync("docs/errors.md", "utf8").matchAll(/^\| `([^`]+)` \|/gm)].map(
    (match) => match[1],
  );
  expect(listed.filter((code) => !known.has(code ?? ""))).toEqual([]);
});
