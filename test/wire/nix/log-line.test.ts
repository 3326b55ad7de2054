import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type NixLogLine, parseNixLogLine } from "../../../src/wire/nix/log-line.ts";

const DRV = "/nix/store/d5710np18izlpjbw356y6cl9hqz2qjb2-linux-6.12.9.drv";

describe("a line of nix's own log", () => {
  test.each<[what: string, line: string, value: NixLogLine | undefined]>([
    [
      "begins a build",
      `@nix {"action":"start","fields":["${DRV}","",1,1],"id":97508642521093,"level":3,"text":"building","type":105}`,
      { type: "start", id: "97508642521093", activity: { type: "build", derivation: DRV } },
    ],
    [
      "begins a download",
      '@nix {"action":"start","fields":["https://cache/nar/x"],"id":7,"level":4,"parent":3,"text":"","type":101}',
      { type: "start", id: "7", activity: { type: "download", url: "https://cache/nar/x" } },
    ],
    [
      "begins what has no type of its own",
      `@nix {"action":"start","id":9,"level":4,"text":"copying '/srv/infra'","type":0}`,
      { type: "start", id: "9", activity: { type: "other", text: "copying '/srv/infra'" } },
    ],
    [
      "keeps apart the ids of a remote builder, which no number holds",
      '@nix {"action":"stop","id":18446744073709551615}',
      { type: "stop", id: "18446744073709551615" },
    ],
    [
      "holds a builder's output",
      '@nix {"action":"result","fields":["\\u001b[1mcc\\u001b[0m -O2"],"id":5,"type":101}',
      { type: "build-log", id: "5", line: "cc -O2" },
    ],
    [
      "holds a phase",
      '@nix {"action":"result","fields":["installPhase"],"id":5,"type":104}',
      { type: "phase", id: "5", phase: "installPhase" },
    ],
    [
      "counts",
      '@nix {"action":"result","fields":[1,2,1,0],"id":4,"type":105}',
      { type: "progress", id: "4", done: 1, expected: 2, running: 1, failed: 0 },
    ],
    [
      "announces how much will be downloaded",
      '@nix {"action":"result","fields":[101,2097152],"id":4,"type":106}',
      { type: "expected", of: "download", amount: 2_097_152 },
    ],
    [
      "is an error, without its colours",
      String.raw`@nix {"action":"msg","level":0,"msg":"\u001b[31;1merror:\u001b[0m flake '\u001b[35;1mpath:/x\u001b[0m' \"id\":12"}`,
      { type: "message", level: "error", text: "error: flake 'path:/x' \"id\":12" },
    ],
    ["is of no use", '@nix {"action":"result","fields":[1],"id":4,"type":999}', undefined],
    ["is cut off", '@nix {"action":"start","id":', undefined],
    ["is empty", "", undefined],
    [
      "is not nix's",
      "mayfly-build: 2: nix: not found",
      { type: "message", level: "error", text: "mayfly-build: 2: nix: not found" },
    ],
  ])("%s", (_what, line, value) => {
    expect(parseNixLogLine(line)).toEqual(value);
  });

  test("never throws, and never lets a terminal act, whatever it holds", () => {
    const json = fc.json().map((text) => `@nix ${text}`);
    const message = fc.string().map((msg) => `@nix ${JSON.stringify({ action: "msg", level: 0, msg })}`);
    fc.assert(
      fc.property(fc.oneof(json, message, fc.string({ unit: "binary" })), (line) => {
        const value = parseNixLogLine(line);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
        if (value?.type === "message") expect(value.text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
      }),
      { numRuns: 500 },
    );
  });
});
