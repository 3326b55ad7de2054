/** Flakes built by a real nix for a running server: published, kept, wanted by a hook, and ended with it. */

import { createHmac } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../../src/lab/program.ts";
import { MAYFLY } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import { writeFlake } from "../support/nix-flake.ts";
import { createNixStore, nixEnvironment } from "../support/nix-store.ts";

const WITHIN_MS = 30_000;
const MAC = "52-54-00-12-34-56";

let folder: string;
let env: Record<string, string>;
let server: Program;
let http: string;
let admin: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-build-"));
  env = nixEnvironment(join(folder, "nix"));
  mkdirSync(join(folder, "boot-media", "hosts"), { recursive: true });
  writeFileSync(join(folder, "secret"), "hush\n");
  writeFileSync(
    join(folder, "mayfly.yaml"),
    `build: { hookSecretFile: secret }
hosts:
  beta: { macs: [${MAC}], flake: "path:./flake" }
  gamma: { flake: "git+https://127.0.0.1:9/owner/repo" }
`,
  );
});

afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const flags = [
    "--interface",
    "lo",
    "--dhcp",
    "off",
    "--http-port",
    "0",
    "--tftp-port",
    "0",
    "--admin",
    "127.0.0.1:0",
  ];
  server = await startProgram([process.execPath, MAYFLY, "serve", ...flags], { env, cwd: folder });
  const [, boot = "", plane = ""] = await server.waitFor(
    /^mayfly is ready: (http:\S+) .*admin plane on http:\/\/(\S+)$/m,
    WITHIN_MS,
  );
  [http, admin] = [boot, plane];
}

/** Runs a command against the server to its end. */
async function mayfly(
  ...args: string[]
): Promise<{ readonly code: number | undefined; readonly text: string }> {
  const command: [string, ...string[]] = [process.execPath, MAYFLY, ...args, "--admin", admin];
  const program = await startProgram(command, { env, cwd: folder });
  const { code } = await program.ended;
  return { code, text: program.text() };
}

async function script(headers: Readonly<Record<string, string>> = {}, more = ""): Promise<Response> {
  return fetch(`${http}/netboot.ipxe?mac=${MAC}${more}`, { headers });
}
const firstLineOf = async (file: string) => {
  const path = new RegExp(`/media/[^/\\s]+/${file}`).exec(await (await script()).text())?.[0];
  return path === undefined ? undefined : (await (await fetch(http + path)).text()).split("\n")[0];
};

/** Posts a push to the hook by curl, signed by `secret`. */
async function pushHook(secret: string): Promise<string> {
  const body = JSON.stringify({
    ref: "refs/heads/main",
    repository: { clone_url: "https://127.0.0.1/owner/repo.git", default_branch: "main" },
  });
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = ["Content-Type: application/json", `X-Hub-Signature-256: sha256=${signature}`];
  const curl = await startProgram([
    ...(["curl", "-s", "-w", " %{http_code}", "-d", body] as const),
    ...headers.flatMap((header) => ["-H", header]),
    `http://${admin}/api/v1/hooks/build`,
  ]);
  await curl.ended;
  return curl.text();
}

const runs = (pid: string) => existsSync(`/proc/${pid}`);

describe.skipIf(lacks("nix-build", "nix-collect-garbage", "busybox", "curl"))("a real nix", () => {
  test("builds a flake, whose result a machine gets; what fails to build leaves that, and shows why", async () => {
    writeFlake(join(folder, "flake"), { beta: "echo making it\nimage one" });
    await start();
    const built = await mayfly("build", "beta");
    expect(built).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^beta: built \S+-kexec-tree after/m),
    });
    await server.waitFor(/beta: \S+-kexec-tree is live for the next boot/, WITHIN_MS);
    const link = readlinkSync(join(folder, "boot-media", "hosts", "beta"));
    expect(await firstLineOf("initrd.zst")).toBe("one line 000001");
    // The link is a root of nix's: a collection leaves what it leads to.
    await createNixStore(join(folder, "nix")).collectGarbage();
    expect(existsSync(join(link, "initrd.zst"))).toBe(true);

    writeFlake(join(folder, "flake"), { beta: "for i in 1 2 3; do echo step $i; done\nfalse" });
    const failed = await mayfly("build", "--all");
    expect(failed.code).toBe(1);
    expect(failed.text).toMatch(/^beta \| kexec-tree> step 3$/m);
    expect(failed.text).toMatch(
      /^beta: the build failed after .*failed with exit code 1.*'mayfly builds beta'/m,
    );
    expect(failed.text).toMatch(/^gamma: the build failed/m);
    expect(readlinkSync(join(folder, "boot-media", "hosts", "beta"))).toBe(link);
    expect(await firstLineOf("initrd.zst")).toBe("one line 000001");
    expect((await mayfly("builds", "beta")).text).toMatch(
      /^(just now|\d seconds? ago): the build failed.*^ {2}kexec-tree> step 3$/ms,
    );

    writeFlake(join(folder, "flake"), { beta: "image two" });
    expect((await mayfly("build", "beta")).code).toBe(0);
    await expect.poll(() => firstLineOf("bzImage"), { timeout: WITHIN_MS }).toBe("kernel two");

    expect(await pushHook("guess")).toMatch(/"code":"unauthorized".* 401$/);
    expect(await pushHook("hush")).toBe('{"hosts":["gamma"]} 200');
    await server.waitFor(/gamma: nix builds git\+https:\S+ \(its repository has changed\)/, WITHIN_MS);
  });

  test("ends with a server that is killed, and goes on when that is back; machines wait for the first build", async () => {
    const [pid, gate] = [join(folder, "pid"), join(folder, "gate")];
    const wait = `while [ ! -e ${gate} ]; do /bin/busybox sleep 0.05; done`;
    writeFlake(join(folder, "flake"), { beta: `echo $$ > ${pid}\n${wait}\nimage one` });
    await start();
    expect((await mayfly("build", "--detach", "beta")).code).toBe(0);
    const builder = () =>
      expect.poll(() => existsSync(pid) && readFileSync(pid, "utf8").trim(), { timeout: WITHIN_MS });
    await builder().toMatch(/^\d+$/);
    const first = readFileSync(pid, "utf8").trim();

    await expect
      .poll(async () => (await script()).text(), { timeout: WITHIN_MS })
      .toMatch(/The first build of beta is under way: 0 of 1 built/);
    const later = await script({ "User-Agent": "iPXE/1.21.1" }, "&wait=2");
    expect([later.status, Number(later.headers.get("retry-after"))]).toEqual([
      503,
      expect.toSatisfy((s) => s >= 5),
    ]);

    process.kill(server.pid, "SIGKILL");
    await server.ended;
    await expect.poll(() => runs(first), { timeout: WITHIN_MS }).toBe(false);
    expect(existsSync(join(folder, "boot-media", "hosts", "beta"))).toBe(false);

    rmSync(pid);
    await start();
    await server.waitFor(/beta: nix builds \S+ \(the server was ended during the last one\)/, WITHIN_MS);
    await builder().toMatch(/^\d+$/);
    writeFileSync(gate, "");
    await server.waitFor(/beta: \S+-kexec-tree is live for the next boot/, WITHIN_MS);
    expect((await script({ "User-Agent": "iPXE/1.21.1" }, "&wait=2")).status).toBe(200);
    expect(await firstLineOf("bzImage")).toBe("kernel one");
  });

  test("is ended when the server is stopped, before that is gone", async () => {
    const pid = join(folder, "pid");
    writeFlake(join(folder, "flake"), { beta: `echo $$ > ${pid}\n/bin/busybox sleep 600` });
    await start();
    await mayfly("build", "--detach", "beta");
    await expect
      .poll(() => existsSync(pid) && readFileSync(pid, "utf8").trim(), { timeout: WITHIN_MS })
      .toMatch(/^\d+$/);
    await server.stop();
    expect(runs(readFileSync(pid, "utf8").trim())).toBe(false);
    expect(server.text()).toMatch(/beta: the build ended with the server/);
  });
});
