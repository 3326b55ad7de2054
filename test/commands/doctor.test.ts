import { execFile, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { tempFolder } from "../support/temp-folder.ts";

const BIN = fileURLToPath(new URL("../../bin/mayfly.js", import.meta.url));

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command and keeps hearing meanwhile: some of its ports are this process's. */
function mayfly(cwd: string, ...args: readonly string[]): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  execFile(process.execPath, [BIN, ...args], { cwd, timeout: 30_000 }, (error, stdout, stderr) =>
    resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
  );
  return promise;
}

interface Found {
  readonly code: string;
  readonly level: string;
  readonly text: string;
}

const found = ({ stdout }: Ended): readonly Found[] => JSON.parse(stdout).findings;

/** A place where a server could run: on loopback alone, at ports that were free a moment ago. */
async function place(): Promise<{ readonly cwd: string; readonly tftp: number; readonly http: number }> {
  const cwd = tempFolder();
  mkdirSync(join(cwd, "boot-media/ipxe"), { recursive: true });
  writeFileSync(join(cwd, "boot-media/ipxe/undionly.kpxe"), "a boot program");
  const [tftp, http, admin] = [await freePort(), await freePort(), await freePort()];
  const lines = [
    "interfaces: [lo]",
    "dhcp: off",
    "state: state",
    `tftpPort: ${tftp}`,
    `httpPort: ${http}`,
    `admin: 127.0.0.1:${admin}`,
  ];
  writeFileSync(join(cwd, "mayfly.yaml"), `${lines.join("\n")}\n`);
  return { cwd, tftp, http };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("where nothing keeps machines from booting it says so, a line each, and ends with 0", async () => {
  const { cwd, tftp } = await place();
  const { status, stdout, stderr } = await mayfly(cwd, "doctor");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const line of stdout.trimEnd().split("\n"))
    expect(line).toMatch(/^(ok {5}|warning) {2}.+ \[[a-z0-9-]+\]$/);
  expect(stdout).toContain("ok       mayfly.yaml has no mistakes [config]\n");
  expect(stdout).toContain(`ok       UDP port ${tftp} can be opened [port]\n`);
  expect(stdout).toContain("ok       machines reach this server at 127.0.0.1 (lo) [interface]\n");
  expect(stdout).toContain("warning  there is no host, and so nothing to boot;");
});

test("a port that another program has and a state folder that is none are faults, and end with 1", async () => {
  const { cwd, tftp } = await place();
  const socket = createSocket("udp4").bind(tftp, "127.0.0.1");
  onTestFinished(() => void socket.close());
  await once(socket, "listening");
  mkdirSync(join(cwd, "state"));
  writeFileSync(join(cwd, "state/mayfly.sqlite"), "this is no database, and long enough to be seen as none");
  const ended = await mayfly(cwd, "doctor", "--json");
  const faults = found(ended).filter(({ level }) => level === "fault");
  expect(faults.map(({ code }) => code)).toEqual(["state-folder", "port"]);
  expect(faults[1]?.text).toContain(`(process ${process.pid}`);
  expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 1, stderr: "mayfly: 2 faults\n" });
});

test("a configuration with mistakes is told wholly, and ends with 2", async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, "mayfly.yaml"), "htpPort: 1\nhosts: {beta: {macs: [zz]}}\n");
  const ended = await mayfly(cwd, "doctor", "--json");
  expect(found(ended)).toMatchObject([
    {
      code: "config",
      level: "fault",
      text: "mayfly.yaml:1: htpPort: read the key 'htpPort', want 'httpPort'",
    },
    { code: "config", level: "fault", text: expect.stringContaining("hosts.beta.macs[0]: read 'zz'") },
  ]);
  expect(ended.status).toBe(2);
});

test("beside the server that has the ports all is well, and the server goes on", async () => {
  const { cwd, tftp, http } = await place();
  const server = spawn(process.execPath, [BIN, "serve"], { cwd, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  onTestFinished(async () => {
    server.kill();
    await ended;
  });
  let said = "";
  for await (const bytes of server.stdout.iterator({ destroyOnReturn: false })) {
    said += bytes;
    if (said.includes("mayfly is ready")) break;
  }
  server.stdout.resume();
  const findings = await mayfly(cwd, "doctor", "--json").then(found);
  expect(findings.filter(({ level }) => level === "fault")).toEqual([]);
  const texts = findings.map(({ text }) => text);
  expect(texts).toContain(`UDP port ${tftp} is open: the server that runs has it`);
  expect(texts).toContain(`TCP port ${http} is open: the server that runs has it`);
  expect((await fetch(`http://127.0.0.1:${http}/readyz`)).status).toBe(200);
});
