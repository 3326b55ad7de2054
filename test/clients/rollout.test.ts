/** A bad build and a good one, rolled out to three machines of which one is a canary: a real one, with real firmware. */

import { mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMachine } from "../../src/lab/machine.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, type TestImage, waitForBoot } from "../support/boot-images.ts";
import { MAYFLY, startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const HOSTS = { alpha: "52:54:00:77:0b:01", beta: "52:54:00:77:0b:02", gamma: "52:54:00:77:0b:03" };
const NAMES = ["alpha", "beta", "gamma"] as const;
/** The one that really boots. */
const CANARY = HOSTS.beta;
const WITHIN_MS = 120_000;

/** Process 1 ends, and with it the system: the kernel panics, and starts the machine anew after a second. */
const PANIC = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
echo "mayfly-lab: runs $(/bin/busybox cat /stamp)" > /dev/ttyS0
exit 1
`;

const CONFIG = [
  "groups: { nodes: { rollout: { canary: 1, tries: 2 } } }",
  "hosts:",
  ...NAMES.map((name) => `  ${name}: { macs: ["${HOSTS[name]}"], group: nodes }`),
  "",
].join("\n");

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64", "curl"))(
  "three machines of a group, one of them a canary",
  { timeout: 4 * WITHIN_MS },
  () => {
    let folder = "";
    let lan: Lan;
    let other: Namespace;
    let server: Program;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-rollout-"));
      lan = await createLan();
      other = await lan.addHost("other");
      await other.run("ip", "address", "add", "10.77.0.60/24", "dev", "eth0");
    });
    afterAll(async () => {
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** All of the group are to get the same build, one of them first. */
    async function publish({ folder: image }: TestImage): Promise<void> {
      const before = server.text().length;
      for (const name of NAMES) {
        const link = join(folder, "boot-media/hosts", name);
        await symlink(image, `${link}.tmp-1-1`);
        await rename(`${link}.tmp-1-1`, link);
      }
      for (const name of NAMES)
        await said(before, `${name}: `, "goes to its canaries first, one machine of group nodes");
    }

    /** Waits until the server says this in one line, after it has said so much. */
    async function said(after: number, ...words: readonly string[]): Promise<void> {
      const line = words.map((each) => each.replaceAll(/[^\w ]/g, (sign) => `\\${sign}`)).join("[^\\n]*");
      await server.waitFor(new RegExp(`^[^]{${after},}${line}`), WITHIN_MS);
    }

    /** What a machine boots that asks now, by the parameters in its script. */
    async function told(name: (typeof NAMES)[number]): Promise<string | undefined> {
      const mac = HOSTS[name];
      const script = await other.run(
        "curl",
        "-fsS",
        `http://10.77.0.2:8080/netboot.ipxe?mac=${mac}&arch=x86_64`,
      );
      return /lab\.image=(\S+)/.exec(script)?.[1];
    }

    async function mayfly(...args: readonly string[]): Promise<string> {
      return lan.server.run(process.execPath, MAYFLY, ...args, "--media", join(folder, "boot-media"));
    }

    test("a build that panics reaches the canary alone, which comes back to the good one; the next build reaches all", async () => {
      const more = [
        { type: "file", path: "init", content: new TextEncoder().encode(PANIC), mode: 0o755 },
      ] as const;
      const good = await makeImage(folder, "x64", "good-1");
      const bad = await makeImage(folder, "x64", "bad-2", { more });
      const mended = await makeImage(folder, "x64", "good-3");
      const hosts = Object.fromEntries(NAMES.map((name) => [name, good.folder]));
      server = await startMayfly(lan, { folder, config: CONFIG, hosts });

      const first = await startMachine(lan, { firmware: "bios", mac: CANARY });
      expect((await waitForBoot(first, WITHIN_MS)).stamp).toBe("good-1");
      await first.ended;
      await said(0, "group nodes: ", "is up on", CANARY);

      await publish(bad);
      const beforeBad = server.text().length;
      const machine = await startMachine(lan, { firmware: "bios", mac: CANARY, restarts: true });
      await said(beforeBad, `${CANARY} is a canary of`);
      expect([await told("alpha"), await told("gamma")]).toEqual(["good-1", "good-1"]);
      await machine.waitFor(/runs bad-2.*Kernel panic/s, WITHIN_MS);
      expect([await told("alpha"), await told("gamma")]).toEqual(["good-1", "good-1"]);
      // It is reset by its own kernel, twice, until it is given what it had before.
      await machine.waitFor(/runs good-1.*^mayfly-lab: done$/ms, WITHIN_MS);
      await machine.ended;
      expect(machine.text().match(/runs (bad|good)-\d/g)).toEqual([
        "runs bad-2",
        "runs bad-2",
        "runs good-1",
      ]);
      await said(beforeBad, "group nodes: ", "is marked bad: ", CANARY, "began to boot it again and again");
      expect(server.text().match(/is marked bad/g)).toHaveLength(1);
      expect([await told("alpha"), await told("gamma")]).toEqual(["good-1", "good-1"]);
      const rollouts = await mayfly("rollouts", "nodes", "--json");
      for (const each of JSON.parse(rollouts).rollouts)
        expect(each).toMatchObject({ group: "nodes", isProven: true, bad: [{ reason: "boot-loop" }] });
      // The history tells of the boots of the bad one, and of no other machine.
      const { generations } = JSON.parse(await mayfly("generations", "beta", "--json"));
      const [newest, oldest] = generations;
      expect(oldest.boots).toMatchObject({ checkedIn: 2 });
      expect(newest).toMatchObject({ number: 2, boots: { checkedIn: 0 } });
      const others = JSON.parse(await mayfly("generations", "alpha", "--json")).generations;
      expect(others).toMatchObject([{ number: 2, boots: { checkedIn: 0, failed: 0 } }, { number: 1 }]);

      await publish(mended);
      const beforeMended = server.text().length;
      const last = await startMachine(lan, { firmware: "bios", mac: CANARY });
      await said(beforeMended, `${CANARY} is a canary of`);
      expect(await told("alpha")).toBe("good-1");
      expect((await waitForBoot(last, WITHIN_MS)).stamp).toBe("good-3");
      await last.ended;
      await said(beforeMended, "group nodes: ", "and everybody gets it");
      expect(await Promise.all(NAMES.map(told))).toEqual(["good-3", "good-3", "good-3"]);
    });
  },
);
