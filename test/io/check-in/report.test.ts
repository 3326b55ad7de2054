import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readReport } from "../../../src/io/check-in/report.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const FORM = "application/x-www-form-urlencoded";
const NOTHING = { atMs: 7, failedUnits: [], missingMounts: [], missingFiles: [] };

const full = {
  atMs: 7,
  system: "/nix/store/abc-nixos-system-beta-25.05",
  kernel: "6.12.9",
  uptimeMs: 83_420,
  failedUnits: ["besu.service", "lighthouse.service"],
  missingMounts: ["/var/mnt/ssd"],
  missingFiles: ["/run/secrets/jwt hex"],
};

describe("a report", () => {
  test("as JSON", () => {
    const { atMs: _at, uptimeMs: _up, ...rest } = full;
    const body = encode(JSON.stringify({ ...rest, uptime: 83.42, later: { version: 2 } }));
    expect(readReport(body, "application/json", 7)).toEqual(full);
    // 'curl --data' says of everything that it is a form.
    expect(readReport(body, FORM, 7)).toEqual(full);
  });

  test("as a form, whose lists are repeated fields or lines", () => {
    const body =
      "system=/nix/store/abc-nixos-system-beta-25.05&kernel=6.12.9&uptime=83.42 160.11\n" +
      "&failedUnits=besu.service lighthouse.service\n&missingMounts=%2Fvar%2Fmnt%2Fssd&missingFiles=/run/secrets/jwt+hex";
    expect(readReport(encode(body), FORM, 7)).toEqual(full);
    const repeated = "failedUnits=a.service&failedUnits=b.service&failedUnits=";
    expect(readReport(encode(repeated), FORM, 7)?.failedUnits).toEqual(["a.service", "b.service"]);
  });

  test.each(["", " \n", "{}", "a=b", "kernel=", '{"kernel":null}'])(
    "%j says that the node is up, and no more",
    (body) => {
      expect(readReport(encode(body), undefined, 7)).toEqual(NOTHING);
    },
  );

  test.each([
    ['{"system":1}', undefined],
    ['{"failedUnits":[1]}', undefined],
    ['{"failedUnits":{}}', undefined],
    ['{"uptime":-1}', undefined],
    ['{"uptime":"soon"}', undefined],
    ["uptime=soon", FORM],
    ["clock=253402300800", FORM],
    ["clock=9007199254740", FORM],
    ["clock=-1", FORM],
    ["{", undefined],
    ["[]", "application/json"],
    ["1", "application/json; charset=utf-8"],
  ])("%s is none", (body, type) => {
    expect(readReport(encode(body), type, 7)).toBeUndefined();
  });

  test("has a clock as far as a date can be written, in a year of four digits", () => {
    const report = readReport(encode("clock=253402300799"), FORM, 7);
    expect(report).toEqual({ ...NOTHING, clockMs: 253_402_300_799_000 });
    expect(new Date(report?.clockMs ?? 0).toISOString()).toBe("9999-12-31T23:59:59.000Z");
  });

  test("bytes that are no text are none", () => {
    expect(readReport(Uint8Array.of(0x61, 0xff, 0xfe), FORM, 7)).toBeUndefined();
  });

  test("has nothing that moves a cursor or fills a log, whatever was sent", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constant("\u001b[2J\u202e\r\n"),
      fc.constant("x".repeat(9999)),
    );
    const names = fc.oneof(text, fc.array(text, { maxLength: 200 }));
    fc.assert(
      fc.property(
        fc.record({ system: text, kernel: text, failedUnits: names, missingMounts: names }),
        (said) => {
          const report = readReport(encode(JSON.stringify(said)), undefined, 7);
          const all = [
            report?.system ?? "",
            report?.kernel ?? "",
            ...(report?.failedUnits ?? []),
            ...(report?.missingMounts ?? []),
          ];
          expect(report).toBeDefined();
          expect(all.length).toBeLessThanOrEqual(2 + 2 * 64);
          for (const each of all) {
            expect(each.length).toBeLessThanOrEqual(255);
            expect(each).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
          }
        },
      ),
    );
  });

  test("any bytes give a report or none", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(FORM, "application/json", undefined),
        (bytes, type) => {
          const report = readReport(bytes, type, 7);
          if (report !== undefined) expect(report.atMs).toBe(7);
        },
      ),
    );
  });
});
