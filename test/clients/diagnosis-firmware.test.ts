/** What keeps real and scripted machines from their boot program is named: by the log, and by the API with its evidence. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { DiagnosisCode } from "../../src/boot/diagnosis/diagnosis.ts";
import { createLimiter } from "../../src/io/images/limiter.ts";
import { type Firmware, startMachine } from "../../src/lab/machine.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import { LabError, type Program } from "../../src/lab/program.ts";
import { makeImage } from "../support/boot-images.ts";
import { createNetwork, type Network } from "../support/cables.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import { peFile, X64 } from "../support/pe-file.ts";
import { assemblePiTree, bootPi } from "../support/pi-lan.ts";
import { dropIn, droppedIn, expectTold, runFirmware } from "../support/trouble-lan.ts";
import { startUdhcpc, udhcpcScript } from "../support/udhcpc.ts";

/** On two cores two machines boot in little more time than one. */
const atOnce = createLimiter(2);
const WITHIN_MS = 120_000;
const MAC = "52:54:00:77:31:";
/** Its EEPROM cannot count beyond 65,535 blocks. */
const PI = { mac: "dc:a6:32:77:31:99", serial: "00003199", model: 4 } as const;
const PROGRAM = "ipxe-x64.efi";
const PROGRAM_BYTES = 200_000;

describe
  .skipIf(lacks("lan", "lab-files", "dnsmasq", "nft", "curl", "qemu-system-x86_64"))
  .concurrent("beside a DHCP server", () => {
    let folder = "";
    let lan: Lan;
    let server: Program;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-trouble-"));
      const tree = await assemblePiTree(folder);
      await rm(join(tree, "RPI_EFI.fd"));
      await rm(join(tree, "config.txt"));
      const x64 = await makeImage(folder, "x64", "x64-1");
      const pi = await makeImage(folder, "arm64", "pi-1", { padMb: 34 });
      // It looks like a program, and is none.
      const dead = join(folder, "dead.efi");
      await writeFile(dead, Buffer.concat([peFile(X64)], PROGRAM_BYTES));
      lan = await createLan();
      server = await startMayfly(lan, {
        hasTrouble: true,
        folder,
        hosts: { default: x64.folder, pi: pi.folder },
        programs: { [PROGRAM]: dead },
        config: `hosts: { pi: { serials: ["${PI.serial}"], rpi4: { rollover: true } } }\n`,
      });
    });
    afterAll(async () => {
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function plugIn(mac: string): Promise<Namespace> {
      const machine = await lan.addHost(`machine ${mac}`);
      await machine.run("ip", "link", "set", "eth0", "address", mac);
      return machine;
    }
    const told = (mac: string, code: DiagnosisCode, ...seen: readonly RegExp[]) =>
      expectTold(server, lan.server, mac, code, ...seen);
    /** Until the server has seen this of the machine; then it is switched off. */
    async function powerOn(firmware: Firmware, mac: string, seen: () => Promise<unknown>): Promise<void> {
      await atOnce(async () => {
        const machine = await startMachine(lan, { firmware, mac });
        try {
          await seen();
        } finally {
          await machine.stop();
        }
      });
    }
    const takes = { discovers: 1, everyMs: 1000, takesAddress: true } as const;
    const asks4011 = { server: "10.77.0.2", times: 4 } as const;

    test("firmware that takes none of the offers, while others get addresses: offer-ignored, and the form that is next", async () => {
      const mac = `${MAC}01`;
      await runFirmware(await plugIn(mac), { mac, discovers: 4, everyMs: 4500 });
      await told(mac, "offer-ignored", /2 times.*with option 43/);
    });

    test("firmware whose questions to port 4011 are dropped: never-asked-4011", async () => {
      const mac = `${MAC}02`;
      const machine = await plugIn(mac);
      await dropIn(machine, "output", "udp dport 4011");
      await runFirmware(machine, { mac, ...takes, asks4011 });
      await told(mac, "never-asked-4011", /firmware-dhcp/);
    });

    test("OVMF, which asks for each thing once, whose questions to port 4011 are dropped: never-asked-4011", async () => {
      const mac = `${MAC}03`;
      await dropIn(lan.server, "input", `ether saddr ${mac} udp dport 4011`);
      await powerOn("ovmf", mac, () =>
        vi.waitUntil(async () => (await droppedIn(lan.server, mac)) > 0, {
          timeout: WITHIN_MS,
          interval: 500,
        }),
      );
      await told(mac, "never-asked-4011", /firmware-dhcp, 2 times/);
    });

    test("firmware that is told of its program, with UDP port 69 shut: program-not-fetched", async () => {
      const mac = `${MAC}04`;
      const machine = await plugIn(mac);
      await dropIn(machine, "output", "udp dport 69");
      expect(await runFirmware(machine, { mac, ...takes, asks4011 })).toContainEqual({
        step: "boot-file",
        file: PROGRAM,
      });
      await expect(
        machine.run("curl", "-sS", "--max-time", "3", `tftp://10.77.0.2/${PROGRAM}`),
      ).rejects.toThrow(LabError);
      await told(mac, "program-not-fetched", /firmware-dhcp/);
    });

    test("a BIOS that takes its address and nothing more: program-not-fetched", async () => {
      const mac = `${MAC}05`;
      await runFirmware(await plugIn(mac), { mac, arch: 0, ...takes });
      await told(mac, "program-not-fetched", /firmware-dhcp/);
    });

    test("a network that carries no packet of more than 1000 bytes: blocks-lost (T4)", async () => {
      const mac = `${MAC}06`;
      const machine = await plugIn(mac);
      await dropIn(machine, "input", "udp length > 1000");
      await runFirmware(machine, { mac, ...takes, asks4011 });
      const get = ["curl", "-sS", "--max-time", "8", "-o", "/dev/null", "--tftp-blksize", "1428"] as const;
      await expect(machine.run(...get, `tftp://10.77.0.2/${PROGRAM}`)).rejects.toThrow(LabError);
      await told(mac, "blocks-lost", /timed-out after 0 B .*no blocks of 1428 bytes/);
    });

    test("a firewall that drops what does not come from port 69: program-not-fetched (T6)", async () => {
      const mac = `${MAC}09`;
      const machine = await plugIn(mac);
      await runFirmware(machine, { mac, ...takes, asks4011 });
      await dropIn(machine, "input", "udp sport != 69");
      const get = ["curl", "-sS", "--max-time", "4", "-o", "/dev/null", "--tftp-blksize", "1428"] as const;
      await expect(machine.run(...get, `tftp://10.77.0.2/${PROGRAM}`)).rejects.toThrow(LabError);
      await told(mac, "program-not-fetched", /timed-out .*not one answer acknowledged/);
    });

    test("iPXE that no DHCP server hears, after its firmware had an address: ipxe-no-address", async () => {
      const mac = `${MAC}10`;
      const machine = await plugIn(mac);
      await runFirmware(machine, { mac, ...takes, asks4011 });
      await machine.run("curl", "-sS", "-o", "/dev/null", `tftp://10.77.0.2/${PROGRAM}`);
      await machine.run("ip", "address", "flush", "dev", "eth0");
      await dropIn(lan.router, "input", `ether saddr ${mac} udp dport 67`);
      await runFirmware(machine, { mac, isIpxe: true, discovers: 4, everyMs: 2000 });
      await told(mac, "ipxe-no-address", /ipxe-dhcp, 4 times/);
    });

    test("an EEPROM that cannot count beyond 65,535 blocks: block-rollover (T5)", async () => {
      expect((await bootPi(lan, PI)).end).toMatchObject({ reason: expect.stringMatching(/rollover$/) });
      await told(PI.mac, "block-rollover", /65535 blocks of 512 bytes/);
    });

    test("OVMF whose boot program does not run: program-died (I12)", async () => {
      const mac = `${MAC}07`;
      await powerOn("ovmf", mac, () =>
        server.waitFor(new RegExp(`${mac}\\) ${PROGRAM} by tftp: `), WITHIN_MS),
      );
      await told(mac, "program-died", /boot-program ipxe-x64.efi, complete/);
    });

    test("a switch that looks for loops first: link-late", async () => {
      const mac = `${MAC}08`;
      const slow = await lan.addHost("slow switch");
      const hold = ["stp_state", "1", "forward_delay", "1000"];
      await slow.run("ip", "link", "add", "br0", "type", "bridge", ...hold);
      await slow.run("ip", "link", "set", "eth0", "master", "br0");
      const machine = await plugIn(mac);
      const peer = ["peer", "name", "slow0", "netns", String(slow.pid)];
      await machine.run("ip", "link", "del", "eth0");
      await machine.run("ip", "link", "add", "eth0", "address", mac, "type", "veth", ...peer);
      await slow.run("ip", "link", "set", "slow0", "master", "br0");
      for (const device of ["slow0", "br0"]) await slow.run("ip", "link", "set", device, "up");
      await machine.run("ip", "link", "set", "eth0", "up");
      await runFirmware(machine, { mac, discovers: 7, everyMs: 4000 });
      await told(mac, "link-late", /it had asked for \d\d s then/);
    });
  });

describe
  .skipIf(lacks("lan", "lab-files", "dnsmasq", "curl", "qemu-system-x86_64"))
  .concurrent("where nobody gives addresses", () => {
    let folder = "";
    let lan: Lan;
    let server: Program;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-trouble-"));
      const image = await makeImage(folder, "x64", "x64-1");
      lan = await createLan({ dhcp: false });
      server = await startMayfly(lan, { hasTrouble: true, folder, hosts: { default: image.folder } });
    });
    afterAll(async () => {
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    test.each([
      ["ovmf", "no-dhcp-server", `${MAC}11`],
      ["bios", "ipxe-no-address", `${MAC}12`],
    ] as const)("%s: %s", async (firmware, code, mac) => {
      await atOnce(async () => {
        const machine = await startMachine(lan, { firmware, mac });
        try {
          await server.waitFor(new RegExp(`(${mac}.*\\n[^]*){4}`), WITHIN_MS);
        } finally {
          await machine.stop();
        }
      });
      await expectTold(server, lan.server, mac, code);
    });
  });

describe
  .skipIf(lacks("lan", "lab-files", "udhcpc", "curl"))
  .concurrent("where Mayfly gives the addresses", () => {
    let folder = "";
    let network: Network;
    let at: Namespace;
    let server: Program;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-trouble-"));
      const image = await makeImage(folder, "x64", "x64-1");
      network = await createNetwork();
      at = await network.namespace("server");
      for (const [name, address] of [
        ["one", "10.81.1.2/24"],
        ["reserved", "10.81.2.2/24"],
        ["foreign", "10.81.3.2/24"],
      ] as const) {
        const end = await network.namespace(name);
        await network.cable({ at, device: name, address }, { at: end, device: "eth0" });
        ends.set(name, end);
      }
      server = await startMayfly(
        { server: at },
        {
          hasTrouble: true,
          folder,
          hosts: { default: image.folder },
          args: [...ends.keys()].flatMap((name) => ["--interface", name]),
          config: `dhcp: authoritative
subnets:
  - { subnet: 10.81.1.0/24, pools: [10.81.1.100-10.81.1.100] }
  - { subnet: 10.81.2.0/24, pools: [] }
`,
        },
      );
    });
    afterAll(async () => {
      await server?.stop();
      await network?.close();
      await rm(folder, { recursive: true, force: true });
    });
    const ends = new Map<string, Namespace>();

    test.each([
      ["one", "pool-empty", /pool-exhausted/],
      ["reserved", "no-address", /no-reservation/],
      ["foreign", "no-address", /no-subnet/],
    ] as const)("%s: %s", async (name, code, seen) => {
      const machine = ends.get(name);
      if (machine === undefined) throw new Error(`no machine on ${name}`);
      if (name === "one") {
        const first = await startUdhcpc(machine, udhcpcScript(folder, false), "eth0", "-q");
        await first.waitFor(/^news bound/m, WITHIN_MS);
      }
      const mac = `${MAC}2${[...ends.keys()].indexOf(name)}`;
      await machine.run("ip", "link", "set", "eth0", "address", mac);
      await runFirmware(machine, { mac, discovers: 2, everyMs: 2500 });
      await expectTold(server, at, mac, code, seen);
    });
  });
