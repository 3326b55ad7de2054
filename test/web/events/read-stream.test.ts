import fc from "fast-check";
import { expect, test } from "vitest";
import { createStreamReader } from "../../../src/web/events/read-stream.ts";

const TEXT = 'retry: 2000\nid: a-1\ndata: {"x":"a: b"}\n\nid: a-2\n\n: alive\n\ndata: 2\n\nid: a-3\nda';

test("events are read, however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(TEXT.length)), (cuts) => {
      const read = createStreamReader();
      const places = [0, ...cuts.toSorted((a, b) => a - b), TEXT.length];
      const blocks = places.flatMap((place, i) => read(TEXT.slice(place, places[i + 1] ?? place)));
      expect(blocks).toEqual([{ id: "a-1", data: '{"x":"a: b"}' }, { id: "a-2" }, {}, { data: "2" }]);
    }),
  );
});
