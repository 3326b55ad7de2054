import { expect, test } from "vitest";
import { rememberPis } from "../../../src/io/rpi4/pi-memory.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";
import { createWorld, type World } from "../../../src/io/world.ts";

const MAC = "dc:a6:32:01:36:c2";

function asks(world: World, client: { readonly serial?: string; readonly piModel?: number }): void {
  world.record({
    type: "dhcp",
    interface: "eth0",
    port: 67,
    request: "DISCOVER",
    client: { mac: MAC, stage: "pi-rom", isa: "arm64", ...client },
    decision: { type: "silent", reason: "unknown-host" },
  });
}

test("a board's serial number is known to the next start (R2)", async () => {
  const store = createMemoryStore();
  const first = createWorld();
  const stop = await rememberPis(first, store);
  asks(first, { serial: "5b154510", piModel: 4 });
  stop();
  const next = createWorld();
  await rememberPis(next, store);
  expect(next.snapshot().seenPis.bySerial.get("5b154510")).toBe(MAC);
  expect(next.snapshot().seenPis.byMac.get(MAC)).toEqual({ serial: "5b154510", model: 4 });
});

test("what a Pi 3's ROM says instead of a serial number is none", async () => {
  const world = createWorld();
  await rememberPis(world, createMemoryStore());
  asks(world, { serial: "44444444", piModel: 3 });
  expect(world.snapshot().seenPis.byMac.get(MAC)).toEqual({ model: 3 });
});

test.each([["text"], [null], [{ serial: "../../x" }], [{ model: "4" }]])(
  "%j was kept by nobody, and does not count",
  async (value) => {
    const store = createMemoryStore();
    await store.put([{ kind: "pi", key: MAC, value }]);
    const world = createWorld();
    await rememberPis(world, store);
    expect(world.snapshot().seenPis.byMac.size).toBe(0);
  },
);
