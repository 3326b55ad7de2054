import { describe, expect, test } from "vitest";
import { type Build, LOG_LINE_CHARS, LOG_LINES, withLine } from "../../../src/boot/build/build.ts";
import { describeBuild } from "../../../src/boot/build/describe-build.ts";
import { endBuild } from "../../../src/boot/build/end.ts";
import { explainFailure } from "../../../src/boot/build/failure.ts";

const END = { host: "beta", installable: "github:owner/repo#beta", nix: "nix", code: 1, errors: [] };

describe("why nix built nothing", () => {
  test.each<[said: string, trouble: string, cure: RegExp]>([
    [
      "error: flake 'github:owner/repo' does not provide attribute 'packages.x86_64-linux.beta' or 'beta'",
      "flake 'github:owner/repo' does not provide attribute 'packages.x86_64-linux.beta' or 'beta'",
      /'flake: github:owner\/repo#nixosConfigurations\.beta\.config\.system\.build\.kexecTree'/,
    ],
    [
      "error:\n       … while fetching the input 'github:owner/repo'\n\n       error: unable to download 'https://api.github.com/x': HTTP error 404",
      "unable to download 'https://api.github.com/x': HTTP error 404",
      /private repository needs 'access-tokens'/,
    ],
    [
      "error: writing to file: No space left on device",
      "writing to file: No space left on device",
      /make room/,
    ],
    [
      "error: cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Connection refused",
      "cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Connection refused",
      /start nix's daemon/,
    ],
    [
      "error: builder for '/nix/store/x.drv' failed with exit code 3",
      "builder for '/nix/store/x.drv' failed with exit code 3",
      /'mayfly builds beta' shows the end of nix's log/,
    ],
  ])("%s", (said, trouble, cure) => {
    expect(explainFailure({ ...END, errors: [said] })).toEqual({
      trouble,
      cure: expect.stringMatching(cure),
    });
  });

  test("is that it is not there, where the shell says so", () => {
    expect(explainFailure({ ...END, code: 127 })).toEqual({
      trouble: "nix is not there",
      cure: expect.stringContaining("install nix"),
    });
  });

  test("is told where nix says nothing", () => {
    expect(explainFailure({ ...END, code: 9 }).trouble).toBe("nix ended with 9 and said nothing");
    const { code: _none, ...killed } = END;
    expect(explainFailure(killed).trouble).toBe("nix was ended by a signal and said nothing");
  });
});

const RUNNING: Build = {
  ...{ id: "1", host: "beta", installable: "github:owner/repo#beta", reason: "asked", state: "running" },
  ...{ queuedMs: 1000, startMs: 2000, log: ["beta> oh"] },
};
const DONE = { nix: "nix", errors: [], timeLimitMs: 60_000, nowMs: 5000 };

describe("a build that is over", () => {
  test("has built what its link leads to, even if it was told to end meanwhile", () => {
    const linked = { path: "/nix/store/x-kexec-tree", generation: "x-kexec-tree" };
    expect(endBuild(RUNNING, { ...DONE, code: 0, linked, stopped: "cancelled" })).toMatchObject({
      ...{ state: "built", endMs: 5000, log: ["beta> oh"] },
      ...linked,
    });
  });

  test("has failed without a link", () => {
    expect(endBuild(RUNNING, { ...DONE, code: 0 })).toMatchObject({
      state: "failed",
      trouble: "nix built github:owner/repo#beta, and made no link to it",
    });
  });

  test("was called off, or took too long", () => {
    expect(endBuild(RUNNING, { ...DONE, code: 1, stopped: "cancelled" }).state).toBe("cancelled");
    expect(endBuild(RUNNING, { ...DONE, code: 1, stopped: "timed-out" })).toMatchObject({
      state: "timed-out",
      trouble: "it was not done after 1 minutes and was stopped",
    });
  });

  test("is one warning with its cure when it has failed, and news when it has not", () => {
    const failed = endBuild(RUNNING, { ...DONE, code: 1, errors: ["error: no"] });
    expect(describeBuild("ended", failed)).toEqual({
      level: "warn",
      text: "beta: the build failed after 3.0 s, and the image stays as it was: no; 'mayfly builds beta' shows the end of nix's log; mend the flake, then 'mayfly build beta'",
    });
    const linked = { path: "/nix/store/x-kexec-tree", generation: "x-kexec-tree" };
    expect(describeBuild("ended", endBuild(RUNNING, { ...DONE, code: 0, linked }))).toEqual({
      level: "info",
      text: "beta: built x-kexec-tree after 3.0 s",
    });
  });
});

test("of a log the end is kept, and of a line its beginning", () => {
  const log = Array.from({ length: 200 }, (_, i) => `line ${i}`).reduce<readonly string[]>(withLine, []);
  expect(log).toHaveLength(LOG_LINES);
  expect(log.at(-1)).toBe("line 199");
  expect(withLine([], "x".repeat(10_000))[0]).toHaveLength(LOG_LINE_CHARS);
});
