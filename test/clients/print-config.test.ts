/** What 'mayfly print-config' prints, in the real servers: who is told what, and whether real firmware boots. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PI_OPTION_43 } from "../../src/boot/advice/raspberry-pi.ts";
import { ensureLabFiles } from "../../src/lab/files.ts";
import { type MachineOptions, startMachine } from "../../src/lab/machine.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { OPTION } from "../../src/wire/dhcp/option.ts";
import { BROADCAST_FLAG, decodePacket, encodePacket } from "../../src/wire/dhcp/packet.ts";
import { decodeText, encodeText } from "../../src/wire/dhcp/text.ts";
import { encodeUserClass } from "../../src/wire/dhcp/user-class.ts";
import { makeImage, waitForBoot } from "../support/boot-images.ts";
import { hex } from "../support/describe-packet.ts";
import { MAYFLY, startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import { type RealServer, replaceRouter } from "../support/other-dhcp-server.ts";
import { IPXE_175, pxeClass, type RequestFacts, request, unhex } from "../support/packets.ts";

const SCRIPT = "http://10.77.0.2:8080/netboot.ipxe";
const PROGRAMS = "http://10.77.0.2:8080/ipxe";
const BOOT_WITHIN_MS = 120_000;
/** What UEFI asks for, as it was captured. */
const ASKED = [
  1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97,
];

interface Rig {
  readonly lan: Lan;
  readonly client: Namespace;
  readonly mayfly: Program;
  /** What the server tells a client. */
  asks(facts: RequestFacts): Promise<Told>;
  boots(options: Omit<MachineOptions, "mac">): Promise<void>;
  close(): Promise<void>;
}

interface Told {
  readonly file: string;
  readonly siaddr: string;
  /** Option 67 as it was sent, if it was. */
  readonly option67: string | undefined;
  readonly vendorClass: string | undefined;
  readonly option43: string | undefined;
  readonly option66: string | undefined;
}

async function createRig(server: RealServer, text: (printed: string) => string): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-print-"));
  const image = await makeImage(folder, "x64", "printed-1");
  const { ipxe121 } = await ensureLabFiles();
  const lan = await createLan();
  const mayfly = await startMayfly(lan, {
    folder,
    hosts: { default: image.folder },
    config: "dhcp: off\n",
    programs: {
      "ipxe-x64.efi": join(ipxe121, "ipxe-amd64.efi"),
      "ipxe-arm64.efi": join(ipxe121, "ipxe-arm64.efi"),
    },
  });
  const media = join(folder, "boot-media");
  const printed = await lan.server.run(process.execPath, MAYFLY, "print-config", server, "--media", media);
  await replaceRouter(lan, server, text(printed));
  const client = await lan.addHost("client");
  await client.run("ip", "address", "add", "10.77.0.9/24", "dev", "eth0");
  await client.run("ip", "route", "add", "default", "dev", "eth0");
  let xid = 1;
  return {
    lan,
    client,
    mayfly,
    asks: (facts) => ask(client, facts, xid++),
    async boots(options) {
      const machine = await startMachine(lan, { ...options, mac: "52:54:00:77:09:01" });
      try {
        expect((await waitForBoot(machine, BOOT_WITHIN_MS)).stamp).toBe("printed-1");
      } finally {
        await machine.stop();
      }
    },
    async close() {
      await mayfly.stop();
      await lan.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function ask(client: Namespace, facts: RequestFacts, xid: number): Promise<Told> {
  const packet = request({
    mac: `52:54:00:77:08:${xid.toString(16).padStart(2, "0")}`,
    ...facts,
    options: new Map([...(facts.options ?? []), [55, Uint8Array.from(ASKED)]]),
    header: { xid, flags: BROADCAST_FLAG },
  });
  const program = join(import.meta.dirname, "../support/dhcp-ask-program.ts");
  const printed = await client.run(process.execPath, program, hex(encodePacket(packet)));
  if (printed.trim() === "none") throw new Error("the server did not answer");
  const { siaddr, file, options } = decodePacket(unhex(printed.trim()));
  const text = (code: number) => {
    const value = options.get(code);
    return value === undefined ? undefined : decodeText(value);
  };
  const option43 = options.get(OPTION.PXE_VENDOR);
  return {
    siaddr,
    file: text(OPTION.BOOT_FILE_NAME)?.replace(/\0$/, "") ?? file,
    option67: text(OPTION.BOOT_FILE_NAME),
    vendorClass: text(OPTION.VENDOR_CLASS),
    option43: option43 === undefined ? undefined : hex(option43),
    option66: text(OPTION.TFTP_SERVER_NAME)?.replace(/\0$/, ""),
  };
}

function useRig(server: RealServer, text: (printed: string) => string = (printed) => printed): () => Rig {
  let rig: Rig | undefined;
  beforeAll(async () => {
    rig = await createRig(server, text);
  });
  afterAll(() => rig?.close());
  return () => {
    if (rig === undefined) throw new Error("the servers have not started");
    return rig;
  };
}

const httpClass = (arch: number) => pxeClass(arch).replace("PXE", "HTTP");
const userClass = (value: Uint8Array) => new Map([[OPTION.USER_CLASS as number, value]]);
/** As its EEPROM asks: type 0, "RPi4", and what follows (R2). Its class is that of a BIOS (R1). */
const PI = unhex("00 52506934 1431c100 32010203 df9fbc1d");

/** Firmware by its class, and what it is to be given; nothing where no program of ours fits it. */
const KINDS: readonly (readonly [who: string, facts: RequestFacts, file: string])[] = [
  ["a BIOS ROM", { vendorClass: pxeClass(0, "002001"), archs: [0] }, "undionly.kpxe"],
  ["Itanium (Q8)", { vendorClass: pxeClass(2), archs: [2] }, ""],
  ["32-bit UEFI (Q8)", { vendorClass: pxeClass(6), archs: [6] }, ""],
  ["x64 UEFI as 7", { vendorClass: pxeClass(7), archs: [7] }, "ipxe-x64.efi"],
  ["x64 UEFI as 8 (Q8)", { vendorClass: pxeClass(8), archs: [8] }, "ipxe-x64.efi"],
  ["x64 UEFI as 9", { vendorClass: pxeClass(9), archs: [9] }, "ipxe-x64.efi"],
  ["arm64 UEFI", { vendorClass: pxeClass(11), archs: [11] }, "ipxe-arm64.efi"],
  ["arm64 UEFI without option 93 (Q8)", { vendorClass: pxeClass(11) }, "ipxe-arm64.efi"],
  ["x64 HTTP Boot (Q9)", { vendorClass: httpClass(16), archs: [16] }, `${PROGRAMS}/ipxe-x64.efi`],
  ["arm64 HTTP Boot (Q9)", { vendorClass: httpClass(19), archs: [19] }, `${PROGRAMS}/ipxe-arm64.efi`],
  ["32-bit HTTP Boot (Q8)", { vendorClass: httpClass(15), archs: [15] }, ""],
  ["iPXE in a BIOS (I1)", { vendorClass: pxeClass(0), options: userClass(encodeText("iPXE")) }, SCRIPT],
  [
    "iPXE in a UEFI, as RFC 3004",
    { vendorClass: pxeClass(7), options: userClass(encodeUserClass(["iPXE"])) },
    SCRIPT,
  ],
  [
    "iPXE whose class is bare",
    {
      vendorClass: "PXEClient",
      options: new Map([...userClass(encodeText("iPXE")), [OPTION.IPXE, IPXE_175]]),
    },
    SCRIPT,
  ],
  ["a phone", { vendorClass: "android-dhcp-14" }, ""],
];

const lacking = lacks("lan", "lab-files", "dhcp-servers", "dnsmasq", "qemu-system-x86_64");

describe.skipIf(lacking).each(["dnsmasq", "kea", "isc-dhcpd"] as const)(
  "%s with the printed text",
  (server) => {
    const rig = useRig(server);

    test.each(KINDS)("tells %s what it can start, and nothing else", async (_, facts, file) => {
      const told = await rig().asks(facts);
      expect(told.file).toBe(file);
      if (file !== "") expect(told.siaddr).toBe("10.77.0.2");
      // Q7: what reads past option 67 must meet a NUL there; the header's field always ends by one.
      if (told.option67 !== undefined) expect(told.option67).toMatch(/\0$/);
      // Q2: PXEClient in an offer would send UEFI to port 4011, where nobody is. Q9: HTTP Boot wants its own.
      const isHttp = file.startsWith(PROGRAMS);
      expect(told.vendorClass).toBe(isHttp ? "HTTPClient" : undefined);
      expect(told.option43).toBeUndefined();
    });

    test("says the words to the ROM of a Raspberry Pi, and not to the UEFI that it starts (R4, R8)", async () => {
      const board = (arch: number): RequestFacts => ({
        vendorClass: pxeClass(arch, "002001"),
        options: new Map([[OPTION.CLIENT_UUID as number, PI]]),
      });
      const rom = await rig().asks(board(0));
      expect(rom).toMatchObject({ option43: hex(PI_OPTION_43), option66: "10.77.0.2", siaddr: "10.77.0.2" });
      const uefi = await rig().asks(board(11));
      expect(uefi).toMatchObject({ option43: undefined, file: "ipxe-arm64.efi" });
    });

    test("boots an x64 UEFI machine by PXE", () => rig().boots({ firmware: "ovmf" }));
    test("boots an x64 UEFI machine by HTTP Boot", () => rig().boots({ firmware: "ovmf", httpBoot: true }));
    test("boots a BIOS machine by the iPXE in its card", () => rig().boots({ firmware: "bios" }));

    test("Mayfly itself said nothing by DHCP", () => {
      expect(rig().mayfly.text()).toMatch(/ready: .*\bno DHCP\b/);
    });
  },
);

describe.skipIf(lacking)("a server with one boot file for all machines", () => {
  const rig = useRig("dnsmasq", () => "dhcp-boot=ipxe-x64.efi,,10.77.0.2\n");

  test("boots x64 UEFI by iPXE 1.21.1, which asks for autoexec.ipxe before it is told to start itself (I8)", () =>
    rig().boots({ firmware: "ovmf" }));
});
