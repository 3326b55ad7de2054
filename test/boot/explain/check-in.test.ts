import { expect, test } from "vitest";
import { explainHttpRequest } from "../../../src/boot/explain/transfer.ts";
import { BETA, GENERATION, snapshotOf } from "../../support/worlds.ts";

const site = { self: "10.0.0.1", ports: { http: 8080, tftp: 69 } };
const to = { address: "10.0.0.1", port: 8080 };

test("a check-in in a capture is explained without its token, which may still count", () => {
  const world = snapshotOf([BETA], GENERATION);
  const explained = explainHttpRequest({ method: "POST", target: "/checkin/SECRET" }, to, world, site);
  expect(explained.mayfly).toBe("takes the report that what was booted is up, if its token counts");
  expect(JSON.stringify(explained)).not.toContain("SECRET");
});
