import { expect, test } from "vitest";
import { InterfaceError, presentInterfaces, servedInterfaces } from "../../../src/io/system/interfaces.ts";

test("loopback is present with its address and a real MTU, and is served when it is named", async () => {
  const lo = (await presentInterfaces()).find((each) => each.name === "lo");
  expect(lo).toMatchObject({ addresses: expect.arrayContaining(["127.0.0.1"]), isLoopback: true });
  expect(await servedInterfaces(["lo"])).toEqual([{ interface: "lo", self: "127.0.0.1", mtu: lo?.mtu }]);
  expect(lo?.mtu).toBeGreaterThan(1500);
});

test("an unknown name is an error that lists what there is", async () => {
  const error = await servedInterfaces(["nope0"]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InterfaceError);
  expect(String(error)).toContain("no interface nope0 with an IPv4 address: there is lo (127.0.0.1");
});
