import { expect, test } from "vitest";
import { retryAfterSeconds } from "../../../src/boot/http/admission.ts";

const IPXE = "iPXE/1.0.0+";
const FULL = { running: 8, limit: 8, turnedAway: 0 };

test("iPXE is told when to come back while as many images as allowed are being fetched (I10)", () => {
  expect(retryAfterSeconds(FULL, IPXE)).toBe(2);
});

test("the pauses differ, so that a rack does not come back at once", () => {
  const pauses = Array.from({ length: 10 }, (_, turnedAway) =>
    retryAfterSeconds({ ...FULL, turnedAway }, IPXE),
  );
  expect(new Set(pauses)).toEqual(new Set([2, 3, 4, 5, 6]));
});

test.each([
  ["there is room", { ...FULL, running: 7 }, IPXE],
  ["nothing was configured", { running: 10_000, turnedAway: 0 }, IPXE],
  ["the client is UEFI HTTP Boot, which would give up", FULL, "UefiHttpBoot/1.0"],
  ["the client does not say who it is", FULL, undefined],
])("nobody waits when %s", (_, load, agent) => {
  expect(retryAfterSeconds(load, agent)).toBeUndefined();
});
