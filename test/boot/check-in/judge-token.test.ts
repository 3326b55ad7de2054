import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeToken, TOKEN_MS, type TokenQuestion } from "../../../src/boot/check-in/judge-token.ts";
import { withoutToken } from "../../../src/boot/check-in/refusal.ts";
import { BETA_MAC } from "../../support/worlds.ts";

const OTHER_MAC = "52:54:00:00:00:02";
const claim = {
  bootId: "0123456789abcdef",
  mac: BETA_MAC,
  issuedSeconds: 1_700_000_000,
  generationMark: "00".repeat(8),
  hostMark: "00".repeat(6),
};
const nowMs = claim.issuedSeconds * 1000 + 60_000;
const fine: TokenQuestion = { claim, host: "beta", sender: undefined, isUsed: false, nowMs };

describe("a token", () => {
  test.each<[string, string | undefined, Partial<TokenQuestion>]>([
    ["counts where the address tells nobody", undefined, {}],
    ["counts for its own machine", undefined, { sender: { mac: BETA_MAC, boots: true } }],
    [
      "counts for another card of its host",
      undefined,
      { sender: { mac: OTHER_MAC, host: "beta", boots: true } },
    ],
    ["counts for a card that nobody knows", undefined, { sender: { mac: OTHER_MAC, boots: false } }],
    ["counts after its host was renamed", undefined, { host: undefined }],
    ["counts when our clock was put back", undefined, { nowMs: 0 }],
    ["is refused when it is not ours", "token-wrong", { claim: undefined }],
    [
      "is refused from another host",
      "token-foreign",
      { sender: { mac: OTHER_MAC, host: "gamma", boots: false } },
    ],
    [
      "is refused from a machine that boots by itself",
      "token-foreign",
      { sender: { mac: OTHER_MAC, boots: true } },
    ],
    ["is refused the second time", "token-used", { isUsed: true }],
    [
      "tells a stranger nothing of whether it was used",
      "token-foreign",
      { isUsed: true, sender: { mac: OTHER_MAC, boots: true } },
    ],
    ["counts for a day", undefined, { nowMs: claim.issuedSeconds * 1000 + TOKEN_MS }],
    ["is refused after a day", "token-expired", { nowMs: claim.issuedSeconds * 1000 + TOKEN_MS + 1 }],
  ])("%s", (_what, refusal, change) => {
    expect(judgeToken({ ...fine, ...change })).toBe(refusal);
  });
});

describe("a path that is told", () => {
  test.each([
    "/checkin/SECRET",
    "//checkin//SECRET?x=y",
    "/%63heckin/SECRET",
    "/checkin%2FSECRET",
    "http://10.0.0.1:8080/checkin/SECRET",
    "/CHECKIN/SECRET/more",
  ])("has no token in it: %s", (path) => {
    expect(withoutToken(path)).toBe("/checkin/…");
  });

  test.each(["/media/abc-checkin/bzImage", "/checkin", "/checkin/", "/", "/100%/x"])(
    "stays as it is: %s",
    (path) => {
      expect(withoutToken(path)).toBe(path);
    },
  );

  test("is never the token, however it is written", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), (coins) => {
        const path = [..."/checkin/SECRET"]
          .map((plain) => (coins.next().value === true ? `%${plain.charCodeAt(0).toString(16)}` : plain))
          .join("");
        expect(withoutToken(path)).toBe("/checkin/…");
      }),
    );
  });
});
