import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { patternBytes } from "../../support/memory-shelf.ts";
import { TRANSFER_SCENARIOS } from "../../support/tftp-scenarios.ts";
import { PERFECT, simulateTransfer } from "../../support/tftp-simulation.ts";

describe("over a perfect network the client gets, byte for byte,", () => {
  test.each(TRANSFER_SCENARIOS)("$title", ({ sizeBytes, options }) => {
    const file = patternBytes(sizeBytes);
    const { bytes, result, sends } = simulateTransfer(file, { filename: "a", options }, PERFECT, 1);
    expect(result).toBe("complete");
    expect(bytes === undefined ? -1 : Buffer.compare(bytes, file)).toBe(0);
    expect(Math.max(...new Set(sends.values()))).toBe(1);
  });
});

describe("over a bad network", () => {
  const network = fc.record({
    loss: fc.constantFrom(0, 0.05, 0.2, 0.5),
    duplication: fc.constantFrom(0, 0.1, 0.5, 1),
    maxDelayMs: fc.constantFrom(0, 3, 50, 1500),
  });
  const request = fc.record({
    blockSize: fc.constantFrom(8, 512, 1024, 1468),
    windowSize: fc.integer({ min: 1, max: 64 }),
    blocks: fc.integer({ min: 0, max: 150 }),
    rest: fc.nat(7),
    withOptions: fc.boolean(),
    onGap: fc.constantFrom("ack" as const, "wait" as const),
  });

  test("a transfer ends with the exact bytes or times out, whatever is lost, doubled, delayed or reordered", () => {
    const ends = { complete: 0, "timed-out": 0 };
    fc.assert(
      fc.property(network, request, fc.integer(), (faults, asked, seed) => {
        const { blockSize, windowSize, blocks, rest, withOptions, onGap } = asked;
        const file = patternBytes((withOptions ? blockSize : 512) * blocks + rest, seed);
        const options = withOptions
          ? [
              { name: "blksize", value: `${blockSize}` },
              { name: "windowsize", value: `${windowSize}` },
            ]
          : [];
        const { bytes, result } = simulateTransfer(file, { filename: "a", options, onGap }, faults, seed);
        if (result !== "complete" && result !== "timed-out") throw new Error(`ended as ${result}`);
        ends[result]++;
        // The last ACK may be lost for good: then the client is done, and only we do not know.
        if (result === "complete") expect(bytes).toBeDefined();
        if (bytes !== undefined) expect(Buffer.compare(bytes, file)).toBe(0);
      }),
      { numRuns: 250 },
    );
    expect(ends.complete).toBeGreaterThan(100);
  });

  test.each([1, 4, 8, 64])(
    "with window %i, one packet in twenty lost, every transfer completes",
    (windowSize) => {
      const file = patternBytes(200_000);
      const options = [
        { name: "blksize", value: "1468" },
        { name: "windowsize", value: `${windowSize}` },
      ];
      for (let seed = 0; seed < 20; seed++) {
        const faults = { loss: 0.05, duplication: 0.02, maxDelayMs: 2 };
        const { bytes, result } = simulateTransfer(file, { filename: "a", options }, faults, seed);
        expect(result).toBe("complete");
        expect(bytes === undefined ? -1 : Buffer.compare(bytes, file)).toBe(0);
      }
    },
  );

  test("when every packet is doubled, no block is sent twice: no Sorcerer's Apprentice (T3)", () => {
    const file = patternBytes(100_000);
    const faults = { loss: 0, duplication: 1, maxDelayMs: 0 };
    for (const windowSize of [1, 4, 16]) {
      const options = [{ name: "windowsize", value: `${windowSize}` }];
      for (const onGap of ["ack", "wait"] as const) {
        const { result, sends } = simulateTransfer(file, { filename: "a", options, onGap }, faults, 1);
        expect(result).toBe("complete");
        if (windowSize === 1 || onGap === "wait") expect(Math.max(...sends.values())).toBe(1);
        // A client that acknowledges at every doubled block asks for some again, but never for ever more.
        else expect(Math.max(...sends.values())).toBeLessThanOrEqual(windowSize);
      }
    }
  });

  test("a lost first block of a window costs a tenth of a second, not the whole timeout (T3)", () => {
    const options = [
      { name: "blksize", value: "1024" },
      { name: "windowsize", value: "8" },
    ];
    const file = patternBytes(1024 * 400);
    const durations = Array.from({ length: 20 }, (_, seed) => {
      const faults = { loss: 0.05, duplication: 0, maxDelayMs: 0 };
      return simulateTransfer(file, { filename: "a", options, onGap: "ack" }, faults, seed).durationMs;
    });
    expect(durations.toSorted((a, b) => a - b)[10]).toBeLessThan(8000);
  });
});
