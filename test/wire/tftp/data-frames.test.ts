import fc from "fast-check";
import { expect, test } from "vitest";
import { DATA_HEADER_BYTES, frameInPlace } from "../../../src/wire/tftp/data-frames.ts";
import { encodeNetascii } from "../../../src/wire/tftp/netascii.ts";
import { encodePacket } from "../../../src/wire/tftp/packet.ts";

test("packets framed in place are those that the codec writes, one after another", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 3000 }),
      fc.integer({ min: 1, max: 700 }),
      fc.integer({ min: 1, max: 200_000 }),
      (data, blockSize, firstBlock) => {
        const count = Math.floor(data.length / blockSize) + 1;
        const bytes = new Uint8Array(count * DATA_HEADER_BYTES + data.length);
        bytes.set(data, count * DATA_HEADER_BYTES);
        frameInPlace(bytes, firstBlock, count, blockSize);
        const expected = Array.from({ length: count }, (_, i) =>
          encodePacket({
            type: "DATA",
            block: (firstBlock + i) % 65536,
            data: data.subarray(i * blockSize, (i + 1) * blockSize),
          }),
        );
        expect(Buffer.compare(bytes, Buffer.concat(expected))).toBe(0);
      },
    ),
  );
});

test("netascii is turned back into the same bytes by whoever follows its rule", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(10, 13, 0, 97)), (values) => {
      const encoded = Buffer.from(encodeNetascii(Uint8Array.from(values))).toString("latin1");
      const decoded = encoded.replace(/\r[\n\0]/g, (pair) => (pair === "\r\n" ? "\n" : "\r"));
      expect([...Buffer.from(decoded, "latin1")]).toEqual(values);
    }),
  );
});
