/** Machines that nothing matches, on real firmware: held until they are approved, or sent on to their disk. */

import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { approve } from "../../src/commands/machines.ts";
import { startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { startAdminRig } from "../support/admin-rig.ts";
import { makeImage, type TestImage, waitForBoot } from "../support/boot-images.ts";
import { encodeBootDisk } from "../support/boot-sector.ts";
import { HOST_ADDRESS, MACHINE_MAC, MACHINE_SERIAL, startIpxeMachine } from "../support/ipxe-machine.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const WITHIN_MS = 120_000;
const DISK_TEXT = "booted from its own disk";
const UUID = "4c4c4544-0046-3310-8053-b3c04f4d5132";

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64"))("beside a DHCP server", () => {
  let folder = "";
  let lan: Lan;
  let server: Program | undefined;
  let image: TestImage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mayfly-unknown-"));
    image = await makeImage(folder, "x64", "beta-1");
    lan = await createLan();
  });
  afterEach(async () => {
    await server?.stop();
  });
  afterAll(async () => {
    await lan?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A server whose hosts folder is the same one each time. */
  async function serve(policy: string): Promise<Program> {
    server = await startMayfly(lan, { folder, config: `unknown: ${policy}\n` });
    return server;
  }

  /** Runs a command as its user would, beside the server. */
  function mayfly(...args: readonly string[]): Promise<string> {
    const bin = join(import.meta.dirname, "../../bin/mayfly.js");
    return lan.server.run(process.execPath, bin, ...args, "--media", join(folder, "boot-media"));
  }

  test("a held BIOS machine shows how to approve it, boots without a reset once it is, and after a restart of the server at once", async () => {
    const mac = "52:54:00:77:11:01";
    await serve("hold");
    const machine = await startMachine(lan, { firmware: "bios", mac, uuid: UUID, serial: "SN 17" });
    try {
      await machine.waitFor(new RegExp(`mayfly approve ${mac} NAME`), WITHIN_MS);
      for (const known of [mac, UUID, "SN 17", "pcbios", "virtio-net"])
        expect(machine.text()).toContain(known);
      // It goes on asking while nobody says anything, and while nobody answers.
      await machine.waitFor(/waiting \(2\) to be told what this machine is/, WITHIN_MS);
      await server?.stop();
      await machine.waitFor(/does not answer; asking again in 10 seconds/, WITHIN_MS);
      await serve("hold");
      const rounds = Number(/.*waiting \((\d+)\)/s.exec(machine.text())?.[1]);
      await machine.waitFor(new RegExp(`waiting \\(${rounds + 1}\\)`), WITHIN_MS);

      expect(await mayfly("machines")).toMatch(new RegExp(`^${mac} +.*to wait.*SN 17`, "m"));
      await symlink(image.folder, join(folder, "boot-media/hosts/beta"));
      expect(await mayfly("approve", mac, "beta")).toContain(`${mac} is beta from now on.`);
      // A machine that is reset ends here (-no-reboot).
      expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("beta-1");
      expect(await mayfly("machines")).toContain("No machine has asked that no host names.");
    } finally {
      await machine.stop();
    }

    expect(await mayfly("hosts", "export")).toContain(`hosts:\n  beta:\n    macs:\n      - ${mac}\n`);
    await server?.stop();
    await serve("hold");
    expect(await mayfly("hosts")).toMatch(new RegExp(`^beta +ready .*${mac} \\(approved\\)`, "m"));
    const again = await startMachine(lan, { firmware: "bios", mac });
    try {
      expect((await waitForBoot(again, WITHIN_MS)).stamp).toBe("beta-1");
      expect(again.text()).not.toContain("mayfly approve");
    } finally {
      await again.stop();
    }
  });

  test("a held UEFI machine is brought to iPXE, and boots once it is approved", async () => {
    const mac = "52:54:00:77:11:02";
    await serve("hold");
    const machine = await startMachine(lan, { firmware: "ovmf", mac });
    try {
      await machine.waitFor(new RegExp(`mayfly approve ${mac} NAME`), WITHIN_MS);
      expect(machine.text()).toMatch(/architecture +x86 efi/);
      await mayfly("approve", mac, "beta");
      expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("beta-1");
    } finally {
      await machine.stop();
    }
  });

  test("with 'local' a BIOS machine reads why, and goes on to its own disk (I15)", async () => {
    const mac = "52:54:00:77:11:03";
    await serve("local");
    const disk = join(folder, "disk.img");
    await writeFile(disk, encodeBootDisk(DISK_TEXT));
    const machine = await startMachine(lan, { firmware: "bios", mac, disk: { image: disk } });
    try {
      await machine.waitFor(new RegExp(DISK_TEXT), WITHIN_MS);
      expect(machine.text()).toContain(`no host names this machine (${mac}); going on with the next`);
    } finally {
      await machine.stop();
    }
  });

  test("with 'ignore' a machine hears nothing, although there is a default, and the log says so", async () => {
    const mac = "52:54:00:77:11:04";
    await symlink(image.folder, join(folder, "boot-media/hosts/default"));
    const running = await serve("ignore");
    const machine = await startMachine(lan, { firmware: "bios", mac });
    try {
      await machine.waitFor(/Nothing to boot/, WITHIN_MS);
      await running.waitFor(new RegExp(`${mac}.*left alone`), 1_000);
    } finally {
      await machine.stop();
      await rm(join(folder, "boot-media/hosts/default"));
    }
  });
});

describe.skipIf(lacks("lab-files", "qemu-system-x86_64"))("where another server names the script", () => {
  test("a machine that came by autoexec.ipxe is held, and boots once it is approved", async ({
    onTestFinished,
  }) => {
    const rig = await startAdminRig();
    onTestFinished(() => rig.stop());
    const image = await makeImage(rig.media.folder, "x64", "gamma-1");
    rig.media.link("gamma", image.folder);
    const { httpPort } = rig.app.served;
    const machine = await startIpxeMachine(`http://${HOST_ADDRESS}:${httpPort}/ipxe/autoexec.ipxe`);
    onTestFinished(async () => void (await machine.stop()));

    await machine.waitFor(new RegExp(`mayfly approve ${MACHINE_MAC} NAME`), WITHIN_MS);
    expect(machine.text()).toContain("Mayfly Works Rack");
    const { text } = await rig.send("GET", "/api/v1/machines");
    expect(JSON.parse(text).machines).toMatchObject([
      {
        mac: MACHINE_MAC,
        serial: MACHINE_SERIAL,
        manufacturer: "Mayfly Works",
        product: "Rack",
        platform: "pcbios",
      },
    ]);

    expect(await approve(rig.request, MACHINE_MAC, "gamma")).toEqual([
      `${MACHINE_MAC} is gamma from now on.`,
    ]);
    expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("gamma-1");
  });

  test("a machine that waits renews its lease now and then, and goes on waiting", async ({
    onTestFinished,
  }) => {
    const rig = await startAdminRig();
    onTestFinished(() => rig.stop());
    const waited = `mac=${MACHINE_MAC}&wait=60`;
    const url = `http://${HOST_ADDRESS}:${rig.app.served.httpPort}/netboot.ipxe?${waited}`;
    const machine = await startIpxeMachine(url);
    onTestFinished(async () => void (await machine.stop()));
    await machine.waitFor(/waiting \(60\).*Configuring.*ok.*waiting \(61\)/s, WITHIN_MS);
  });
});
