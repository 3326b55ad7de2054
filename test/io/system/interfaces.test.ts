import { expect, test } from "vitest";
import { presentInterfaces } from "../../../src/io/system/interfaces.ts";

test("loopback is present with its address, a real MTU and the kernel's number", async () => {
  const lo = (await presentInterfaces()).find((each) => each.name === "lo");
  expect(lo).toMatchObject({
    addresses: expect.arrayContaining(["127.0.0.1"]),
    isLoopback: true,
    index: 1,
    state: "up",
  });
  expect(lo?.mtu).toBeGreaterThan(1500);
});
