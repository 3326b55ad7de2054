import { expect, test } from "vitest";
import { attackTftp } from "../../support/tftp-attack.ts";

// test/clients/tftp.test.ts does the same with 100,000.
test("10,000 random and mutated datagrams, to the port and to transfers under way, stop nothing", async () => {
  const { log, servesStill } = await attackTftp(10_000);
  expect(servesStill).toBe(true);
  expect(log.of("bug")).toEqual([]);
  expect(log.of("malformed").length).toBeGreaterThan(1000);
  expect(log.of("transfer-started").length).toBeGreaterThan(100);
  expect(log.of("transfer-ended").length).toBe(log.of("transfer-started").length);
}, 30_000);
