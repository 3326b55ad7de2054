/** A Linux that runs becomes the host's generation, by the command of the documentation, and then the next one. */

import { mkdtemp, readFile, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, type TestImage } from "../support/boot-images.ts";
import { kexecFiles, programFile, startRescueSystem } from "../support/kexec-lab.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const MAC = "52:54:00:77:05:01";
const WITHIN_MS = 120_000;

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64", "kexec"))(
  "a rescue system",
  () => {
    let folder = "";
    let lan: Lan;
    let server: Program;
    let image: TestImage;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-kexec-"));
      lan = await createLan();
      // It stays up and asks what it should run, as NixOS' module has it do.
      const update = await readFile(join(import.meta.dirname, "../../nix/auto-update.sh"));
      const afterwards = "mount -t tmpfs tmpfs /run\nexec sh /update --every 2\n";
      const more = [
        ...(await kexecFiles()),
        programFile("/update", update),
        programFile("/afterwards", afterwards),
      ];
      image = await makeImage(join(folder, "builds"), "x64", "beta-1", { more });
      server = await startMayfly(lan, {
        folder,
        hosts: { beta: image.folder },
        config: `logLevel: debug\nhosts: { beta: { macs: ["${MAC}"], kernelParams: "lab.host='a b'" } }\n`,
      });
    });
    afterAll(async () => {
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function publish(next: TestImage): Promise<void> {
      const link = join(folder, "boot-media/hosts/beta");
      await symlink(next.folder, `${link}.tmp-1-2`);
      await rename(`${link}.tmp-1-2`, link);
    }

    test("becomes the host's generation by the command, and follows the next one by itself", async () => {
      const url = `http://${lan.serverAddress}:8080/kexec/beta`;
      const machine = await startRescueSystem(lan, MAC, `wget -q -O - ${url} | sh -s -- -y`);
      await machine.waitFor(/mayfly-lab: runs rescue/, WITHIN_MS);
      const [, cmdline = ""] = await machine.waitFor(
        /mayfly-lab: runs beta-1\n.*^mayfly-lab: cmdline ([^\n]*)\n.*^mayfly-lab: checked in$/ms,
        WITHIN_MS,
      );
      expect(cmdline).toContain(image.params);
      expect(cmdline).toContain("lab.host='a b'");
      await server.waitFor(/beta \(52:54:00:77:05:01\) is up with/, 5_000);
      await machine.waitFor(/auto-update: stay: it runs d-/, WITHIN_MS);
      const boots = await lan.server.run("curl", "-fsS", "http://127.0.0.1:8081/api/v1/sessions");
      expect(JSON.parse(boots).sessions).toEqual([
        expect.objectContaining({
          ...{ mac: MAC, host: "beta", via: "kexec", outcome: "checked-in", scripts: 1 },
          fetchedAfterMs: expect.any(Number),
        }),
      ]);

      await publish(await makeImage(join(folder, "builds"), "x64", "beta-2"));
      await machine.waitFor(/auto-update: this node goes: beta/, WITHIN_MS);
      await server.waitFor(/beta \(52:54:00:77:05:01\) may restart now, into d-/, 5_000);
      await machine.waitFor(/mayfly-lab: runs beta-2\n.*^mayfly-lab: checked in$/ms, WITHIN_MS);
      await server.waitFor(/the turn of beta .* is over/, 5_000);
      await machine.ended;
    });
  },
);
