/**
 * `mayfly capture` of a real boot, read by Wireshark's own program and by `mayfly explain`; and what real
 * programs log to the server, in the timeline.
 */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMachine } from "../../src/lab/machine.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import { type Program, runProgram } from "../../src/lab/program.ts";
import { type SessionDetail, sessionDetail, sessions } from "../../src/web/schema/sessions.ts";
import { makeImage, waitForBoot } from "../support/boot-images.ts";
import { MAYFLY, startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const MAC = "52:54:00:77:31:01";
const WITHIN_MS = 120_000;

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64", "tshark"))(
  "a boot that is recorded from the server's own sockets",
  () => {
    let folder = "";
    let lan: Lan;
    let server: Program;
    let file = "";

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-capture-"));
      const image = await makeImage(folder, "x64", "beta-1");
      lan = await createLan();
      const config = `syslog: true\nhosts: { beta: { macs: ["${MAC}"], image: ${image.folder} } }\n`;
      server = await startMayfly(lan, { folder, config });
      file = join(folder, "boot.pcapng");
      const capture = await start("capture", MAC, "--out", file);
      await capture.waitFor(/^Recording /m, 10_000);
      const machine = await startMachine(lan, { firmware: "ovmf", mac: MAC });
      try {
        expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("beta-1");
      } finally {
        await machine.stop();
      }
      // The lab's image reports that it is up: the boot is over, and so is the recording.
      expect((await capture.ended).code).toBe(0);
      expect(capture.text()).toMatch(/boot\.pcapng: \d+ packets\. 'mayfly explain/);
    });
    afterAll(async () => {
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    function start(...args: readonly string[]): Promise<Program> {
      return lan.server.start([process.execPath, MAYFLY, ...args, "--media", join(folder, "boot-media")]);
    }
    /** Runs a command to its end; gives what it printed. */
    function run(...args: readonly string[]): Promise<string> {
      return lan.server.run(process.execPath, MAYFLY, ...args, "--media", join(folder, "boot-media"));
    }
    /** What tshark makes of it: a line for each packet, of the fields asked for. */
    async function tshark(filter: string, ...fields: readonly string[]): Promise<string[]> {
      const checks = ["ip.check_checksum", "udp.check_checksum", "tcp.check_checksum"];
      const text = await runProgram([
        "tshark",
        ...["-r", file, "-Y", filter, "-T", "fields"],
        ...checks.flatMap((name) => ["-o", `${name}:TRUE`]),
        ...fields.flatMap((field) => ["-e", field]),
      ]);
      // As root it says that it is.
      return text.split("\n").filter((line) => line !== "" && !line.startsWith("Running as user"));
    }

    test("has the machine's DHCP, its files by TFTP and HTTP, and its report", async () => {
      const types = await tshark("dhcp.option.dhcp", "dhcp.option.dhcp");
      // DISCOVER and our OFFER; the router's own answers do not come to us.
      expect(types).toEqual(expect.arrayContaining(["1", "2", "3"]));
      expect(await tshark("tftp.opcode == 1", "tftp.source_file")).toEqual(
        expect.arrayContaining(["ipxe-x64.efi"]),
      );
      const requests = await tshark("http.request", "http.request.method", "http.request.uri");
      // iPXE is told where it may log, and whether it does depends on how it was built.
      expect(await tshark("dhcp.option.log_server", "dhcp.option.log_server")).toContain("10.77.0.2");
      expect(requests.join("\n")).toMatch(/GET\t\/netboot\.ipxe\?mac=/);
      expect(requests.join("\n")).toMatch(/GET\t\/media\/.*\/bzImage/);
      expect(requests.join("\n")).toMatch(/POST\t\/checkin\/x{64}/);
      const codes = await tshark("http.response", "http.response.code");
      expect(codes).toEqual(expect.arrayContaining(["200", "204"]));
    });

    test("is without fault for tshark: lengths, checksums, the numbers of TCP", async () => {
      const faults =
        "_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || tcp.checksum.status == 0 || " +
        "tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment || tcp.analysis.retransmission || " +
        "tcp.analysis.out_of_order || tcp.analysis.window_full";
      expect(await tshark(faults, "frame.number", "_ws.expert.message")).toEqual([]);
      const checked = await tshark("ip.checksum.status == 1 && udp.checksum.status == 1", "frame.number");
      expect(checked.length).toBeGreaterThan(4);
    });

    test("has what was decided beside the packets, and no token", async () => {
      const comments = (await tshark("frame.comment", "frame.comment")).join("\n");
      expect(comments).toMatch(/ipxe-x64\.efi/);
      expect(comments).toMatch(/beta/);
      const bytes = await readFile(file, "latin1");
      expect(bytes).toMatch(/checkin\/x{64}/);
      expect(bytes).not.toMatch(/checkin\/(?!x)[\w-]/);
    });

    test("what logger and a kernel's console send from a machine's address stands with its boot", async () => {
      const host = await lan.addHost("logging");
      await host.run("ip", "address", "add", "10.77.0.50/24", "dev", "eth0");
      const mac = "52:54:00:77:31:02";
      await host.run("curl", "-sS", `http://10.77.0.2:8080/netboot.ipxe?mac=${MAC}&serial=${mac}`);
      const logger = (...args: readonly string[]) =>
        host.run("logger", "-n", "10.77.0.2", "-d", "-P", "514", "-t", "dracut", ...args);
      await logger("--rfc3164", "-p", "daemon.err", "cannot find the root");
      await logger("--rfc5424", "-p", "daemon.warning", "waiting for it");
      await netconsole(host, "[    3.2] tg3: link is up");
      await netconsole(host, "3,1056,3456789,-;Kernel panic - not syncing");
      const wanted = [
        ["dracut", 3, "cannot find the root"],
        ["dracut", 4, "waiting for it"],
        [undefined, undefined, "[    3.2] tg3: link is up"],
        ["kernel", 3, "Kernel panic - not syncing"],
      ];
      const said = await lastConsole(wanted.length);
      expect(said.map(({ program, severity, text }) => [program, severity, text])).toEqual(wanted);
    });

    /** As the kernel sends it: the text, and nothing around it. */
    async function netconsole(host: Namespace, line: string): Promise<void> {
      await host.run("bash", "-c", `printf '%s\\n' '${line}' > /dev/udp/10.77.0.2/514`);
    }
    async function lastConsole(count: number): Promise<SessionDetail["console"]> {
      const end = Date.now() + 10_000;
      for (;;) {
        const list = sessions.parse(JSON.parse(await run("boots", MAC, "--json")));
        const detail = sessionDetail.parse(
          JSON.parse(await run("boots", list.sessions[0]?.id ?? "", "--json")),
        );
        if (detail.console.length >= count || Date.now() > end) return detail.console;
      }
    }

    test("is explained by Mayfly itself", async () => {
      const program = await start("explain", file);
      expect((await program.ended).code).toBe(0);
      expect(program.text()).toContain(MAC);
      expect(program.text()).toMatch(/Noted: .*beta/);
      expect(program.text()).toMatch(/booted: the system that was started/);
      expect(program.text()).toMatch(/asks 10\.77\.0\.2 for 'ipxe-x64\.efi' by TFTP/);
    });
  },
  WITHIN_MS,
);
