/** A Linux that runs becomes the host's generation, by the command of the documentation. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, type TestImage } from "../support/boot-images.ts";
import { startRescueSystem } from "../support/kexec-lab.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const MAC = "52:54:00:77:05:01";
const WITHIN_MS = 120_000;

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64", "kexec"))(
  "a rescue system that runs the command",
  () => {
    let folder = "";
    let lan: Lan;
    let server: Program;
    let image: TestImage;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-kexec-"));
      lan = await createLan();
      image = await makeImage(join(folder, "builds"), "x64", "beta-1");
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

    test("becomes the host's generation, which checks in", async () => {
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
      await machine.ended;
    });
  },
);
