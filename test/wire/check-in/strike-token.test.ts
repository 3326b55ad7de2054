import fc from "fast-check";
import { expect, test } from "vitest";
import { concat } from "../../../src/wire/bytes.ts";
import { strikeTokens } from "../../../src/wire/check-in/strike-token.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const TOKEN = "AbCdEf0123456789_-AbCdEf0123456789_-AbCdEf0123456789_-AbCdEf0123";

test("a token is struck out of a kernel's command line, a URL and a request, and the rest stays", () => {
  for (const text of [
    `kernel bzImage mayfly.checkin=http://10.0.0.1:8080/checkin/${TOKEN} quiet ||\n`,
    `POST /checkin/${TOKEN} HTTP/1.1\r\n`,
    `checheckin/${TOKEN}`,
  ])
    expect(textOf(strikeTokens(0, bytesOf(text))[1])).toBe(text.replace(TOKEN, "x".repeat(TOKEN.length)));
});

test("bytes without one are given back as they are", () => {
  const bytes = bytesOf("GET /netboot.ipxe HTTP/1.1");
  expect(strikeTokens(0, bytes)[1]).toBe(bytes);
});

test("wherever a stream is cut, the same is struck", () => {
  const text = bytesOf(`chechecheckin/${TOKEN} and checkin/${TOKEN}`);
  const [, whole] = strikeTokens(0, text);
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      let state = 0;
      const pieces = places.map((place, i) => {
        const [next, struck] = strikeTokens(state, text.subarray(places[i - 1] ?? 0, place));
        state = next;
        return struck;
      });
      expect(concat(pieces)).toEqual(whole);
    }),
  );
});
