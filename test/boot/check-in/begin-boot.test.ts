import { describe, expect, test } from "vitest";
import type { BeginBoot, BegunBoot } from "../../../src/boot/check-in/begin-boot.ts";
import type { Generation } from "../../../src/boot/generation.ts";
import type { Host } from "../../../src/boot/host.ts";
import { answerScript } from "../../../src/boot/script/script-route.ts";
import type { TftpRoute } from "../../../src/boot/tftp/route.ts";
import { routeTftp } from "../../../src/boot/tftp/tftp-route.ts";
import { joinArguments, readLine } from "../../support/ipxe-model.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const base = "http://10.0.0.1:8080";
const TOKEN = "T".repeat(64);
const PARAMETER = `mayfly.checkin=${base}/checkin/${TOKEN}`;
const begun: BegunBoot = { bootId: "0123456789abcdef", checkIn: TOKEN };

function ask(
  host: Partial<Host> = {},
  generation: Partial<Generation> = {},
  beginBoot: BeginBoot | undefined = () => begun,
) {
  const world = snapshotOf([{ ...BETA, ...host }], { ...GENERATION, ...generation });
  const query = `mac=${BETA_MAC}&arch=x86_64&platform=efi`;
  return answerScript({ query, base, isAutoexec: false, beginBoot }, world);
}

function lineOf(script: string, command: string): string {
  const line = script.split("\n").find((each) => each.startsWith(command)) ?? "";
  return joinArguments(readLine(line)[0] ?? []);
}

describe("the script of a boot that begins", () => {
  test("gives the kernel the address to report to, after the builder's parameters and before the host's own", () => {
    const { text, asked } = ask({ kernelParams: "quiet" });
    expect(lineOf(text, "kernel")).toContain(`loglevel=4 ${PARAMETER} quiet`);
    expect(asked?.bootId).toBe(begun.bootId);
  });

  test("says which machine boots what to whoever makes the token", () => {
    const seen: unknown[] = [];
    ask({}, {}, (boot) => {
      seen.push(boot.mac, boot.host.name, boot.generation.id);
      return begun;
    });
    expect(seen).toEqual([BETA_MAC, "beta", GENERATION.id]);
  });

  test("is without it where only the question is asked, as 'explain' does", () => {
    const world = snapshotOf([BETA], GENERATION);
    const { text, asked } = answerScript({ query: `mac=${BETA_MAC}`, base, isAutoexec: false }, world);
    expect(text).not.toContain("mayfly.checkin");
    expect(asked).not.toHaveProperty("bootId");
  });

  test("is without it where no token was made, and the boot has its name all the same", () => {
    const { text, asked } = ask({}, {}, () => ({ bootId: begun.bootId }));
    expect(text).not.toContain("mayfly.checkin");
    expect(asked?.bootId).toBe(begun.bootId);
  });

  test("hands it to an image's own script among what that takes over", () => {
    const { text } = ask({ kernelParams: "quiet" }, { shape: "own-script", ownScript: "netboot.ipxe" });
    expect(text).toContain(`set cmdline ${PARAMETER} quiet \${mayfly-cmdline} ||`);
  });

  test("hands it to a unified kernel image, whose parameters iPXE gives", () => {
    const { kernel: _kernel, ...rest } = GENERATION;
    const bootFile = { type: "uki", file: "a.efi", bios: false } as const;
    const world = snapshotOf([BETA], {
      ...rest,
      bootFile,
      shape: "uki",
      initrds: [],
      files: new Map([["a.efi", 9]]),
    });
    const query = `mac=${BETA_MAC}&arch=x86_64&platform=efi`;
    const { text } = answerScript({ query, base, isAutoexec: false, beginBoot: () => begun }, world);
    expect(lineOf(text, "kernel")).toContain(`loglevel=4 ${PARAMETER}`);
  });

  test("leaves it out where the kernel would not read all of it, and says so to who looks closely", () => {
    const long = ask({ kernelParams: `a=${"x".repeat(1900)}` });
    expect(long.problem).toBeUndefined();
    expect(lineOf(long.text, "kernel")).toContain("xxx");
    expect(long.text).not.toContain("mayfly.checkin");
    expect(long.notice).toMatchObject({ level: "debug", cure: expect.stringContaining("checkIn: false") });
    expect(long.asked?.bootId).toBe(begun.bootId);
  });

  test("begins no boot where the parameters cannot be written at all", () => {
    const none = ask({ kernelParams: `a=${"x".repeat(2100)}` });
    expect(none.problem).toContain("cannot be written");
    expect(none.asked).not.toHaveProperty("bootId");
  });
});

describe("the configuration of a U-Boot", () => {
  const site = {
    self: "10.0.0.1",
    ports: { http: 8080, tftp: 69 },
    identifyScript: () => "",
    beginBoot: () => begun,
  };
  const ask = (host: Partial<Host> = {}): Extract<TftpRoute, { type: "bytes" }> => {
    const generation = { ...GENERATION, kernel: { file: "Image", isa: "arm64" } } as const;
    const world = snapshotOf([{ ...BETA, ...host }], generation);
    const route = routeTftp(`pxelinux.cfg/01-${BETA_MAC.replaceAll(":", "-")}`, world, site);
    if (route.type !== "bytes") throw new Error(`got ${route.type}`);
    return route;
  };

  test("has it before the host's own parameters, and begins a boot", () => {
    const { bytes, asked } = ask({ kernelParams: "quiet" });
    expect(new TextDecoder().decode(bytes)).toContain(`loglevel=4 ${PARAMETER} quiet\n`);
    expect(asked?.bootId).toBe(begun.bootId);
  });

  test.each([350, 1900])("is without it where a board may have no room for it: %i more", (length) => {
    const { bytes, notice } = ask({ kernelParams: `a=${"x".repeat(length)}` });
    expect(new TextDecoder().decode(bytes)).toContain("xxx");
    expect(new TextDecoder().decode(bytes)).not.toContain("mayfly.checkin");
    expect(notice?.level).toBe("debug");
  });
});
