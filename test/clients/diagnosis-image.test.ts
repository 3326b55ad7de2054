/** What keeps real and scripted machines from their image, or from staying up with it, is named: by the log, and by the API. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DiagnosisCode } from "../../src/boot/diagnosis/diagnosis.ts";
import { createLimiter } from "../../src/io/images/limiter.ts";
import { type MachineOptions, startMachine } from "../../src/lab/machine.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import { LabError, type Program } from "../../src/lab/program.ts";
import { makeImage } from "../support/boot-images.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import { dropIn, expectTold } from "../support/trouble-lan.ts";

/** On two cores two machines boot in little more time than one. */
const atOnce = createLimiter(2);
const WITHIN_MS = 120_000;
const BASE = "http://10.77.0.2:8080";
const macOf = (number: number) => `52:54:00:77:32:${String(number).padStart(2, "0")}`;

/** Each is a host with an image of its own, or of this name. */
const HOSTS = {
  "no-http": "x64",
  "no-files": "x64",
  wrong: "arm64",
  small: "large",
  loops: "x64",
  bare: "bare",
  empty: "empty",
  off: "large",
  half: "x64",
  gone: "gone",
  lacking: "x64",
  silent: "x64",
  unwell: "x64",
  clock: "x64",
} as const;
type HostName = keyof typeof HOSTS;
const MACS = Object.fromEntries(
  Object.keys(HOSTS).map((name, index) => [name, macOf(index + 1)]),
) as Readonly<Record<HostName, string>>;
const MORE: Readonly<Partial<Record<HostName, string>>> = {
  loops: ", kernelParams: rdinit=/none",
  silent: ", rollout: { checkInMinutes: 0.5 }",
};

describe
  .skipIf(lacks("lan", "lab-files", "dnsmasq", "nft", "curl", "qemu-system-x86_64"))
  .concurrent("a machine", () => {
    let folder = "";
    let lan: Lan;
    let server: Program;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-trouble-"));
      await makeImage(folder, "x64", "x64");
      await makeImage(folder, "arm64", "arm64", { layout: "netboot" });
      await makeImage(folder, "x64", "large", { padMb: 140 });
      await makeImage(folder, "x64", "gone");
      const { params } = await makeImage(folder, "x64", "bare");
      const own = ["#!ipxe", "echo own", `kernel bzImage ${params}`, "initrd initrd.zst", "boot", ""];
      await writeFile(join(folder, "bare/netboot.ipxe"), own.join("\n"));
      await mkdir(join(folder, "empty"));
      lan = await createLan();
      const hosts = Object.entries(HOSTS).map(([name, image]) => {
        const more = MORE[name as HostName] ?? "";
        return `  ${name}: { macs: ["${MACS[name as HostName]}"], image: ${join(folder, image)}${more} }\n`;
      });
      server = await startMayfly(lan, {
        hasTrouble: true,
        folder,
        config: `logLevel: debug\nstoreMaxGigabytes: 0\nhosts:\n${hosts.join("")}`,
      });
    });
    afterAll(async () => {
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const told = (host: HostName, code: DiagnosisCode, ...seen: readonly RegExp[]) =>
      expectTold(server, lan.server, MACS[host], code, ...seen);
    /** Until the server has seen this of the machine; then it is switched off. */
    const powerOn = (host: HostName, seen: RegExp, options: Partial<MachineOptions> = {}) =>
      atOnce(async () => {
        const machine = await startMachine(lan, { firmware: "bios", mac: MACS[host], ...options });
        try {
          await server.waitFor(seen, WITHIN_MS);
        } finally {
          await machine.stop();
        }
      });

    /** As iPXE asks for its script. @returns it, in the machine's namespace */
    async function askScript(host: HostName) {
      const machine = await lan.addHost(host);
      const mac = MACS[host];
      await machine.run("ip", "link", "set", "eth0", "address", mac);
      await machine.run("ip", "address", "add", `10.77.0.${20 + Number(mac.slice(-2))}/24`, "dev", "eth0");
      const ask = () =>
        machine.run("curl", "-fsS", `${BASE}/netboot.ipxe?mac=${mac}&arch=x86_64&platform=pcbios`);
      return { machine, script: await ask(), ask };
    }
    async function fetchFiles(machine: Namespace, script: string): Promise<void> {
      for (const [url] of script.matchAll(/http:\S+\/(bzImage|initrd.zst)/g))
        await machine.run("curl", "-fsS", "-o", "/dev/null", url);
    }
    async function report(machine: Namespace, script: string, body: string): Promise<void> {
      const url = /mayfly\.checkin=(\S+)/.exec(script)?.[1] ?? "";
      await machine.run("curl", "-fsS", "-d", body, url);
    }
    const seenOf = (host: HostName, words: string) => new RegExp(`${MACS[host]}[^\\n]*${words}`);

    test("iPXE that cannot reach our HTTP port: script-not-fetched", async () => {
      await dropIn(lan.server, "input", `ether saddr ${MACS["no-http"]} tcp dport 8080`);
      await powerOn("no-http", seenOf("no-http", "REQUEST"));
      await told("no-http", "script-not-fetched", /ipxe-dhcp/);
    });

    test("iPXE whose requests for the image are dropped: kernel-not-fetched", async () => {
      const isMedia = (at: number) =>
        `ether saddr ${MACS["no-files"]} tcp dport 8080 @th,${at},80 0x474554202f6d65646961`;
      await dropIn(lan.server, "input", isMedia(160), isMedia(256));
      await powerOn("no-files", seenOf("no-files", "\\(iPXE[^\\n]*boots host"));
      await told("no-files", "kernel-not-fetched", / script$/);
    });

    test("an arm64 image for an x86 machine: wrong-isa", async () => {
      await powerOn("wrong", /wrong-isa/);
      await told("wrong", "wrong-isa", /script, wrong-isa/);
    });

    test("a machine with less memory than its image takes: image-too-large (K1)", async () => {
      await powerOn("small", /(\(small\)[^\n]*initrd\.zst by http: .*?){3}/s, { memoryMb: 128 });
      await told("small", "image-too-large", /initrd.*aborted after .* of 141 MiB/);
    });

    test("a system that panics and starts over: boot-loop", async () => {
      // Where one boot has reported, those after it are to do so too.
      const { machine, script } = await askScript("loops");
      await fetchFiles(machine, script);
      await report(machine, script, "");
      await machine.close();
      await powerOn("loops", /boot-loop/, { restarts: true });
      await told("loops", "boot-loop", /^boot .* at /);
    });

    test("an own script that names no initrd, on UEFI: initrd-missing (I9)", async () => {
      await powerOn("bare", /initrd-missing/, { firmware: "ovmf", restarts: true });
      await told("bare", "initrd-missing", /initrd.*complete/);
    });

    test("a host without an image: turned-away", async () => {
      await askScript("empty");
      await told("empty", "turned-away", /no-generation/);
    });

    test("a machine that is switched off in the middle of its initrd: file-broke-off", async () => {
      const { machine, script } = await askScript("off");
      const [url = ""] = /http:\S+\/initrd.zst/.exec(script) ?? [];
      const get = ["-fsS", "-o", "/dev/null", "--limit-rate", "4M", "--max-time", "3"];
      await expect(machine.run("curl", ...get, url)).rejects.toThrow(LabError);
      await told("off", "file-broke-off", /initrd.*aborted after .* of 141 MiB/);
    });

    test("a machine that is switched off between its kernel and its initrd: file-broke-off", async () => {
      const { machine, script } = await askScript("half");
      const [url = ""] = /http:\S+\/bzImage/.exec(script) ?? [];
      await machine.run("curl", "-fsS", "-o", "/dev/null", url);
      await told("half", "file-broke-off", /kernel.*complete/);
    });

    test("a script that names a file which the image has not: not-served", async () => {
      const { machine, script } = await askScript("lacking");
      const [url = ""] = /http:\S+\/bzImage/.exec(script) ?? [];
      await expect(machine.run("curl", "-fsS", "-o", "/dev/null", `${url}-6.12`)).rejects.toThrow(LabError);
      await told("lacking", "not-served", /bzImage-6.12, failed .*has no file bzImage-6.12/);
    });

    test("a file that is overwritten while it is fetched: generation-gone", async () => {
      const { machine, script } = await askScript("gone");
      const [url = ""] = /http:\S+\/bzImage/.exec(script) ?? [];
      const get = ["-fsS", "-o", "/dev/null", "--limit-rate", "2M"];
      const fetching = expect(machine.run("curl", ...get, url)).rejects.toThrow(LabError);
      await server.waitFor(/gone.* fetches /, WITHIN_MS);
      await writeFile(join(folder, "gone/bzImage"), Buffer.alloc(13_000_000));
      await fetching;
      await told("gone", "generation-gone", /kernel.*stale after/);
    });

    test("a system that has checked in before, and does not: no-check-in", async () => {
      const { machine, script, ask } = await askScript("silent");
      await fetchFiles(machine, script);
      await report(machine, script, "");
      await fetchFiles(machine, await ask());
      await told("silent", "no-check-in", /initrd.*complete/);
    });

    test("a system that says what it misses: not-well", async () => {
      const { machine, script } = await askScript("unwell");
      await fetchFiles(machine, script);
      await report(machine, script, "failedUnits=reth.service&missingMounts=/mnt/ssd");
      await told("unwell", "not-well", /its check-in/);
    });

    test("a system whose clock is wrong: clock-wrong", async () => {
      const { machine, script } = await askScript("clock");
      await fetchFiles(machine, script);
      await report(machine, script, "clock=1577836800");
      await told("clock", "clock-wrong", /another day/);
    });
  });
