import { expect, test } from "vitest";
import { createNixosVersions } from "../../../src/io/history/nixos-versions.ts";
import { createWorld } from "../../../src/io/world.ts";
import { GENERATION } from "../../support/worlds.ts";

const SYSTEM = `/nix/store/${"a".repeat(32)}-nixos-system-beta`;
const named = { ...GENERATION, kernelParams: `init=${SYSTEM}-26.05.20260101.abcdef/init quiet` };
const unnamed = { ...GENERATION, kernelParams: `init=${SYSTEM}-mine/init quiet` };

test("what the system says of itself counts before what its name tells, until the generation is dropped", () => {
  const world = createWorld();
  const versions = createNixosVersions(world);
  expect(versions.of(named)).toBe("26.05.20260101.abcdef");
  expect(versions.of(unnamed)).toBeUndefined();
  versions.enter({ id: GENERATION.id });
  expect(versions.of(unnamed)).toBeUndefined();
  versions.enter({ id: GENERATION.id, nixosVersion: "26.05.1" });
  expect([versions.of(named), versions.of(unnamed)]).toEqual(["26.05.1", "26.05.1"]);
  world.record({ type: "dropped", generation: GENERATION.id });
  expect(versions.of(unnamed)).toBeUndefined();
});
