/** Real firmware boots on a network where Mayfly is the only DHCP server, as users start it. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, type TestImage, waitForBoot } from "../support/boot-images.ts";
import { leasesOnDisk } from "../support/lease-server.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import { newsOf, startUdhcpc, udhcpcScript } from "../support/udhcpc.ts";

const WITHIN_MS = 120_000;
const MACS = { bios: "52:54:00:77:08:01", ovmf: "52:54:00:77:08:02" } as const;

const CONFIG = `
dhcp: authoritative
subnets:
  - subnet: 10.77.0.0/24
    pools: [10.77.0.100-10.77.0.119]
    router: 10.77.0.1
    leaseSeconds: 600
hosts:
  beta:
    macs: ["${MACS.bios}", "${MACS.ovmf}"]
`;

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64", "udhcpc"))(
  "with no other DHCP server",
  () => {
    let folder: string;
    let lan: Lan;
    let server: Program;
    let image: TestImage;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-authoritative-"));
      image = await makeImage(folder, "x64", "beta-1");
      lan = await createLan({ dhcp: false });
      server = await startMayfly(lan, { folder, hosts: { beta: image.folder }, config: CONFIG });
    });
    afterAll(async () => {
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    test.each([
      ["a BIOS machine", "bios"],
      ["an x64 UEFI machine", "ovmf"],
    ] as const)(
      "%s gets its address and boots, on one lease from firmware to kernel",
      async (_, firmware) => {
        const mac = MACS[firmware];
        const machine = await startMachine(lan, { firmware, mac, name: `${firmware} ${mac}` });
        try {
          const { stamp } = await waitForBoot(machine, WITHIN_MS);
          expect(stamp).toBe(image.stamp);
          await machine.ended;
        } finally {
          await machine.stop();
        }
        const leases = [...(await leasesOnDisk(join(folder, "state"))).values()];
        expect(leases.filter((lease) => lease.mac === mac)).toHaveLength(1);
      },
    );

    test("a machine that does not netboot gets an address too", async () => {
      const plain = await lan.addHost("plain");
      const client = await startUdhcpc(plain, udhcpcScript(folder, true), "eth0", "-q");
      await client.waitFor(/^news bound/m, WITHIN_MS);
      expect(newsOf(client.text()).at(-1)).toMatchObject({
        router: "10.77.0.1",
        seconds: 600,
        server: lan.serverAddress,
      });
    });

    test("the one line of the start says that addresses are given", () => {
      expect(server.text()).toMatch(/^mayfly is ready: .*DHCP with addresses/m);
    });
  },
);
