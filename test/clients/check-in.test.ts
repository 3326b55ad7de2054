/** Nodes that report by what is documented and what NixOS runs, to a server that is killed in between. */

import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import { LabError, type Program } from "../../src/lab/program.ts";
import { fencedBlocks } from "../support/documents.ts";
import { bzImage } from "../support/kernels.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPT = join(ROOT, "nix/check-in.sh");
const MAC = "52:54:00:77:05:01";
const BASE = "http://10.77.0.2:8080";
const WITHIN_MS = 30_000;
/** Each takes some seconds; a script that tries again and again would take minutes. */
const TEST_MS = 60_000;
/** How often the server is killed while so many nodes report. */
const KILLS = 4;
const REPORTS = 16;

describe.skipIf(lacks("lan", "dnsmasq", "curl", "busybox"))(
  "a node on the network",
  { timeout: TEST_MS },
  () => {
    let folder: string;
    let lan: Lan;
    let node: Namespace;
    let server: Program;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-check-in-"));
      const image = join(folder, "image");
      await mkdir(image);
      await writeFile(join(image, "bzImage"), bzImage("6.12.9"));
      await writeFile(join(image, "initrd"), "initrd");
      lan = await createLan({ dhcp: false });
      node = await lan.addHost("node");
      await node.run("ip", "address", "add", "10.77.0.50/24", "dev", "eth0");
      const config = `logLevel: debug\nhosts: { beta: { macs: ["${MAC}"] } }\n`;
      server = await startMayfly(lan, { folder, config, hosts: { beta: image } });
    });
    afterAll(async () => {
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** The command line of a kernel that was booted by its script just now. */
    async function commandLine(): Promise<string> {
      const script = await node.run("curl", "-fsS", `${BASE}/netboot.ipxe?mac=${MAC}&arch=x86_64`);
      return `quiet ${/mayfly\.checkin=\S+/.exec(script)?.[0]} console=ttyS0 *\n`;
    }

    const urlOf = (cmdline: string) => /mayfly\.checkin=(\S+)/.exec(cmdline)?.[1] ?? "";

    /** Runs a command in the node where its kernel was started with this command line. */
    async function onNode(cmdline: string, ...argv: readonly string[]): Promise<Program> {
      await writeFile(join(folder, "cmdline"), cmdline);
      const stage = `mount --bind ${join(folder, "cmdline")} /proc/cmdline && mount -t tmpfs none /run &&
      ln -s /nix/store/abc-nixos-system-beta /run/current-system && exec "$@"`;
      const inside = await node.start(["unshare", "--mount", "sh", "-ec", stage, "sh", ...argv]);
      await inside.ended;
      return inside;
    }

    /** Waits until the server says this, after it has said so much. */
    const saidAfter = (length: number, words: string) => {
      const literal = words.replaceAll(/[^\w ]/g, (sign) => `\\${sign}`);
      return server.waitFor(new RegExp(`^[^]{${length},}${literal}`), WITHIN_MS);
    };

    const curl = (...args: readonly string[]) =>
      node.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", ...args);

    test("reports by each line of docs/check-in.md, which do nothing where it was not told to", async () => {
      const lines = fencedBlocks(await readFile(join(ROOT, "docs/check-in.md"), "utf8"), "sh");
      expect(lines).toHaveLength(2);
      for (const shell of [["dash"], ["busybox", "sh"]]) {
        for (const line of lines) {
          const before = server.text().length;
          const run = await onNode(await commandLine(), ...shell, "-euc", line);
          expect(run.text()).toBe("");
          await expect(run.ended).resolves.toMatchObject({ code: 0 });
          await saidAfter(before, `beta (${MAC}) is up with`);
          await expect((await onNode("quiet\n", ...shell, "-euc", line)).ended).resolves.toMatchObject({
            code: 0,
          });
        }
      }
    });

    /** A folder with no program but these, so that a script cannot use others. */
    async function pathWith(name: string, programs: Readonly<Record<string, string>>): Promise<string> {
      const bin = join(folder, name);
      await mkdir(bin);
      const applets = ["sh", "cat", "sed", "sort", "od", "tr", "readlink", "uname", "sleep", "date"];
      for (const applet of applets) await symlink("/bin/busybox", join(bin, applet));
      for (const [program, path] of Object.entries(programs)) await symlink(path, join(bin, program));
      return bin;
    }

    /** Two units, of which one has failed and one never starts. */
    async function fakeSystemctl(): Promise<string> {
      const path = join(folder, "fake-systemctl");
      const text = `#!/bin/sh
      case $1 in
        is-active) [ "$3" = sshd.service ] ;;
        list-units) echo "broken.service loaded failed failed A thing" ;;
      esac`;
      await writeFile(path, text, { mode: 0o755 });
      return path;
    }

    test.each<[string, string[], Record<string, string>]>([
      ["dash and curl", ["/usr/bin/dash"], { curl: "/usr/bin/curl" }],
      ["busybox alone", ["/bin/busybox", "sh"], { wget: "/bin/busybox" }],
      ["dash and GNU wget", ["/usr/bin/dash"], { wget: "/usr/bin/wget" }],
    ])("tells by the script of the NixOS module what it lacks: %s", async (name, shell, client) => {
      const bin = await pathWith(name, { ...client, systemctl: await fakeSystemctl() });
      const expected = ["--service", "sshd.service", "--service", "slow.service", "--wait", "1"];
      const places = [
        "--mount",
        "/proc",
        "--mount",
        "/mnt/no such disk",
        "--file",
        "/etc/passwd",
        "--file",
        "/no/se&cret%",
      ];
      const run = (cmdline: string) =>
        onNode(cmdline, "env", `PATH=${bin}`, ...shell, SCRIPT, ...expected, ...places);
      const cmdline = await commandLine();
      const before = server.text().length;
      const first = await run(cmdline);
      expect(first.text()).toBe("check-in: the server knows that this node is up\n");
      const faults =
        "broken.service has failed, slow.service has failed, /mnt/no such disk is not mounted, /no/se&cret% is not there";
      await saidAfter(before, `, but ${faults}`);
      // Its answer may have been lost: the second report is as good as the first.
      const second = await run(cmdline);
      expect(second.text()).toBe(first.text());
      const wrong = await run(cmdline.replace("/checkin/", "/checkin/x"));
      expect(wrong.text()).toMatch(/refuses the report with status 403/);
      await expect(wrong.ended).resolves.toMatchObject({ code: 1 });
      expect((await run("quiet\n")).text()).toMatch(/there is nobody to tell/);
    });

    interface FakeClock {
      readonly name: string;
      readonly shell: string;
      readonly client: string;
      /** When no report gets an answer: a pattern for the seconds, beginning at 1000. */
      readonly silent: string;
    }

    /** Runs the script with a clock that stands still but while it sleeps. */
    async function runOnFakeClock(
      { name, shell, client, silent }: FakeClock,
      ...args: readonly string[]
    ): Promise<Program> {
      const now = join(folder, `${name} now`);
      await writeFile(now, "1000 0\n");
      const bin = await pathWith(`${name} clock`, { systemctl: await fakeSystemctl() });
      // Functions, since a busybox takes its own programs before those in the path.
      const fakes = `date() { read -r seconds _ <"$NOW"; echo "$seconds"; }
      sleep() { echo "$(($(date) + $1)) 0" >"$NOW"; }
      ${client}() {
        case $* in --help) echo "-T SEC"; return ;; esac
        echo "posted at $(date): $*" >&3
        case $(date) in ${silent}) return 1 ;; esac
        printf 204
      }
      . "$0"`;
      const stage = `mount --bind "$NOW" /proc/uptime && PATH="$BIN" exec ${shell} -c "$@" 3>&1`;
      return onNode(
        await commandLine(),
        ...["env", `NOW=${now}`, `BIN=${bin}`, "sh", "-ec", stage, "sh", fakes],
        ...[SCRIPT, ...args],
      );
    }

    const SHELLS = [
      ["dash and curl", "/usr/bin/dash", "curl"],
      ["busybox and wget", "/bin/busybox sh", "wget"],
    ] as const;

    test.each(SHELLS)(
      "tells a server that is away for hours once it is back, and asks each minute: %s",
      async (name, shell, client) => {
        const clock = { name: `${name} hours`, shell, client, silent: "????|1????" };
        const run = await runOnFakeClock(clock);
        await expect(run.ended).resolves.toMatchObject({ code: 0 });
        const times = [...run.text().matchAll(/^posted at (\d+)/gm)].map(([, at]) => Number(at));
        const pauses = times.map((at, i) => at - (times[i - 1] ?? 1000));
        expect(pauses.slice(0, 8)).toEqual([0, 2, 4, 8, 16, 32, 60, 60]);
        expect(Math.max(...pauses)).toBe(60);
        expect(times.at(-1)).toBeGreaterThanOrEqual(20_000);
      },
    );

    test.each(SHELLS)(
      "gives up once its address does not count any more: %s",
      async (name, shell, client) => {
        const clock = { name: `${name} never`, shell, client, silent: "*" };
        const run = await runOnFakeClock(clock, "--try", "300");
        await expect(run.ended).resolves.toMatchObject({ code: 1 });
        const times = [...run.text().matchAll(/^posted at (\d+)/gm)].map(([, at]) => Number(at));
        expect(times.at(-1)).toBe(1242);
        expect(run.text()).toMatch(/gave up: the server did not answer/);
      },
    );

    test.each(SHELLS)(
      "tells its times as they are when it reports, however long it waited: %s",
      async (name, shell, client) => {
        const run = await runOnFakeClock(
          { name, shell, client, silent: "105[0-4]" },
          ...["--service", "slow.service", "--wait", "50"],
        );
        const posts = [...run.text().matchAll(/^posted at (\d+): .*uptime=(\d+)&clock=([^&]+)&/gm)];
        const told = posts.map(([, at, upFor, clock = ""]) => [at, upFor, decodeURIComponent(clock)]);
        // For its service it waits for 50 s, and it tries again after 2 s and 4 s more.
        expect(told).toEqual(["1050", "1052", "1056"].map((at) => [at, at, at]));
        expect(run.text()).toMatch(/^posted at 1056: .*failedUnits=/m);
      },
    );

    test("counts once though the server is killed after each answer, and its token is in no log", async () => {
      const [used, unused] = [await commandLine(), await commandLine()].map(urlOf) as [string, string];
      expect(await curl("-d", "", used)).toBe("204");
      process.kill(server.pid, "SIGKILL");
      await server.ended;
      const said = server.text();
      server = await startMayfly(lan, { folder });
      // Who keeps something of it may not have come to that before.
      await saidAfter(0, `beta (${MAC}) is up with`);
      expect(await curl("-d", "", used)).toBe("409");
      expect(await curl("-d", "", unused)).toBe("204");
      process.kill(server.pid, "SIGKILL");
      await server.ended;
      const saidThen = server.text();
      server = await startMayfly(lan, { folder });
      expect(await curl("-d", "", unused)).toBe("409");
      expect(await curl(unused)).toBe("405");
      for (const url of [used, unused]) {
        expect(said + saidThen + server.text()).not.toContain(url.slice(url.lastIndexOf("/") + 1));
      }
    });

    test("at any moment that the server is killed, what it acknowledged counts once, and the rest still counts", async () => {
      for (let round = 0; round < KILLS; round++) {
        const urls = await Promise.all(
          Array.from({ length: REPORTS }, async () => urlOf(await commandLine())),
        );
        const answers = urls.map((url) => curl("-d", "", url).catch(() => "none"));
        // Once some were answered, in the middle of the others.
        await Promise.any(answers.slice(round));
        process.kill(server.pid, "SIGKILL");
        const before = await Promise.all(answers);
        await server.ended;
        server = await startMayfly(lan, { folder });
        const after = await Promise.all(urls.map((url) => curl("-d", "", url)));
        const acknowledged = after.filter((_status, i) => before[i] === "204");
        expect(acknowledged.length).toBeGreaterThan(0);
        expect(new Set(acknowledged)).toEqual(new Set(["409"]));
        // One that was written, and not answered any more, counts too.
        for (const status of after) expect(["204", "409"]).toContain(status);
        const again = await Promise.all(urls.map((url) => curl("-d", "", url)));
        expect(new Set(again)).toEqual(new Set(["409"]));
      }
    });

    test("cannot fill the server with 100 MB: curl is told before it sends them", async () => {
      const big = join(folder, "big");
      await node.run("truncate", "-s", "100M", big);
      const url = urlOf(await commandLine());
      expect(await curl("--data-binary", `@${big}`, url)).toBe("413");
      await saidAfter(0, "65536 bytes at most (report-too-large)");
      // busybox sends without asking first, and is cut off.
      await writeFile(big, "x".repeat(2_000_000));
      await expect(
        node.run("busybox", "wget", "-q", "-O", "/dev/null", "--post-file", big, url),
      ).rejects.toThrow(LabError);
      expect(await curl("-d", "", url)).toBe("204");
    });
  },
);
