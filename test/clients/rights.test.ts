import { execFile } from "node:child_process";
import { chmodSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { tempFolder } from "../support/temp-folder.ts";

const run = promisify(execFile);
const NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--ambient-caps=-all"];

/** Tries to open a UDP port as an ordinary user, and says how that went: "open", or the advice as JSON. */
async function tryAsNobody(node: string, script: string, port: number): Promise<string> {
  // A network namespace of its own: whatever has these ports here does not matter, nor what the system allows.
  const inside = `ip link set lo up && exec setpriv ${NOBODY.join(" ")} ${node} --input-type=module -e "$SCRIPT" ${port}`;
  const { stdout } = await run("unshare", ["--net", "sh", "-c", inside], {
    env: { ...process.env, SCRIPT: script },
  });
  return stdout.trim();
}

function scriptFor(module: string): string {
  return `
    import { createSocket } from "node:dgram";
    const socket = createSocket("udp4");
    socket.once("listening", () => { console.log("open"); socket.close(); });
    socket.once("error", async (error) => {
      const { explainPort } = await import(${JSON.stringify(module)});
      const wanted = { protocol: "udp", port: Number(process.argv[1]), purpose: "tftp" };
      console.log(JSON.stringify(await explainPort(wanted, error)));
    });
    socket.bind(Number(process.argv[1]), "127.0.0.1");`;
}

/** A Node that 'setcap' may be used on without changing that of the checkout, and sources that nobody may read. */
async function workplace(): Promise<{ readonly node: string; readonly script: string }> {
  const folder = tempFolder();
  chmodSync(folder, 0o755);
  const node = join(folder, "node");
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  const source = fileURLToPath(new URL("../../src", import.meta.url));
  await run("cp", ["-r", source, join(folder, "src")]);
  await run("chmod", ["-R", "a+rX", join(folder, "src")]);
  return { node, script: scriptFor(join(folder, "src/io/system/port-holder.ts")) };
}

// It takes root to be an ordinary user and to give rights; where tests are complete, root is there.
const lacking = process.getuid?.() !== 0 && process.env.CI === undefined;

test.skipIf(lacking)(
  "an ordinary user who may not open port 69 gets the one command that mends it, and it does",
  async () => {
    const { node, script } = await workplace();
    const advice = JSON.parse(await tryAsNobody(node, script, 69));
    expect(advice).toEqual({
      text: "UDP port 69 (TFTP) may not be opened by this user",
      cure: `sudo setcap cap_net_bind_service=+ep ${node}`,
    });

    const [, command = "", ...args] = String(advice.cure).split(" ");
    await run(command, args);
    expect(await tryAsNobody(node, script, 69)).toBe("open");
  },
);
