/** 1,000 configured hosts, each with its own link: time from start to ready, and memory. Fails past the bounds. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildResult, swapLink } from "./make-images.ts";
import { withServer } from "./served.ts";

const HOSTS = 1000;
const READY_BOUND_MS = 1000;
const MEMORY_BOUND_MB = 150;

function mac(number: number): string {
  return `52:54:00:00:${[number >> 8, number & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
}

async function prepare(scratch: string): Promise<void> {
  await mkdir(join(scratch, "boot-media/hosts"), { recursive: true });
  const hosts: Record<string, { macs: string[] }> = {};
  for (let number = 0; number < HOSTS; number++) {
    const name = `node-${number}`;
    hosts[name] = { macs: [mac(number)] };
    await swapLink(join(scratch, "boot-media/hosts", name), await buildResult(scratch, name, number), number);
  }
  await writeFile(join(scratch, "mayfly.yaml"), JSON.stringify({ hosts }));
}

await withServer(["--dhcp", "off"], prepare, async ({ readyMs, residentMb, namespace }) => {
  const script = await namespace.run(
    "curl",
    "-fsS",
    `http://127.0.0.1:8080/netboot.ipxe?mac=${mac(HOSTS - 1).replaceAll(":", "-")}`,
  );
  const memory = await residentMb();
  console.log(
    `${HOSTS} hosts: ready ${readyMs.toFixed(0)} ms after start (bound ${READY_BOUND_MS}), ` +
      `${memory.toFixed(0)} MB resident (bound ${MEMORY_BOUND_MB})`,
  );
  const isServed = script.includes(`build=${HOSTS - 1}`);
  if (!isServed) console.log(`the last host is not served:\n${script}`);
  if (!isServed || readyMs > READY_BOUND_MS || memory > MEMORY_BOUND_MB) process.exitCode = 1;
});
