/** A decision is made when all that it takes is kept, and at that very moment. */

import { expect, test } from "vitest";
import { createWorld, whenPrepared } from "../../src/io/world.ts";

const CLIENT = { client: { mac: "52:54:00:12:34:56", stage: "ipxe" } } as const;

test("with nothing to wait for it is made at once", () => {
  expect(whenPrepared(createWorld(), CLIENT, () => "decided")).toBe("decided");
});

test("what came up while it was waited for is waited for too", async () => {
  const world = createWorld();
  const waits = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  let asked = 0;
  world.prepareBy(() => waits[asked++]?.promise);
  let isDecided = false;
  const decided = whenPrepared(world, CLIENT, () => {
    isDecided = true;
  });
  waits[0].resolve();
  await waits[0].promise;
  await new Promise(setImmediate);
  expect(isDecided).toBe(false);
  waits[1].resolve();
  await decided;
  expect(isDecided).toBe(true);
});

test("a disk that never takes anything does not keep a machine waiting for ever", async () => {
  const world = createWorld();
  world.prepareBy(async () => {});
  expect(await whenPrepared(world, CLIENT, () => "decided")).toBe("decided");
});
