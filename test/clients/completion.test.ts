/** Shell completion in real shells, with the keys that a person presses, against a running server. */

import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { lacks } from "../support/needs.ts";

const BIN = fileURLToPath(new URL("../../bin/mayfly.js", import.meta.url));
const MAC = "52:54:00:aa:bb:cc";
let rig: AdminRig;
let folder: string;

beforeAll(async () => {
  rig = await startAdminRig({}, "hosts: { beta: {}, bravo: {} }\n");
  await rig.script(MAC);
  folder = mkdtempSync(join(tmpdir(), "mayfly-completion-"));
  mkdirSync(join(folder, "images"));
  const program = join(folder, "mayfly");
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`);
  chmodSync(program, 0o755);
});
afterAll(async () => {
  await rig.stop();
  rmSync(folder, { recursive: true });
});

/** Runs a program beside the server that answers it, which goes on meanwhile in this process. */
async function run(command: string, args: readonly string[], input = ""): Promise<string> {
  const admin = String(rig.request.flags.admin);
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env.PATH}`,
    MAYFLY_ADMIN: admin,
    TERM: "dumb",
    HOME: folder,
  };
  const child = spawn(command, args, { cwd: folder, env });
  const chunks: Uint8Array[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  child.stdin.end(input);
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  return Buffer.concat(chunks).toString();
}

/** Types a line at a terminal, Tab and all, and then has the shell print it instead of running it. */
async function typed(shell: string, start: string, line: string): Promise<string | undefined> {
  const keys = `${start}\n${line}\x01echo typed \nexit\n`;
  const text = await run("script", ["-qec", shell, "/dev/null"], keys);
  return /^typed (.*?)\s*$/m.exec(text.replaceAll("\r", ""))?.[1];
}

const BASH = ["bash --norc --noprofile -i", "source <(mayfly completion bash)"] as const;
const ZSH = [
  "zsh -f -i",
  "autoload -U compinit; compinit -u; bindkey -e; source <(mayfly completion zsh)",
] as const;

describe.each([
  ["bash", BASH],
  ["zsh", ZSH],
] as const)("%s", (shell, [command, start]) => {
  test.skipIf(lacks(shell))(
    "completes commands, options, values and names of hosts and machines at Tab",
    async () => {
      expect(await typed(command, start, "mayfly rollb\tbrav\t--conf\t")).toBe(
        "mayfly rollback bravo --config",
      );
      expect(await typed(command, start, "mayfly approve 52:54:00:a\tbet\t")).toBe(
        `mayfly approve ${MAC} beta`,
      );
      // Some shells take the slash away again when something follows.
      const media = await typed(command, start, "mayfly serve --dhcp=auth\t--media im\t");
      expect(media?.replace(/\/$/, "")).toBe("mayfly serve --dhcp=authoritative --media images");
    },
  );
});

test.skipIf(lacks("fish"))("fish completes them, and says what each is", async () => {
  const ask = async (line: string) => {
    const program = "mayfly completion fish | source; complete -C $argv[1]";
    return (await run("fish", ["--no-config", "-c", program, "--", line])).trim().split("\n");
  };
  expect(await ask("mayfly rollb")).toEqual([
    "rollback\tgo back to the good generation before, or to another one",
  ]);
  expect(await ask("mayfly rollback b")).toEqual(["beta\thost", "bravo\thost"]);
  expect(await ask("mayfly approve 52:54:00:a")).toEqual([expect.stringContaining(MAC)]);
  expect(await ask("mayfly serve --dhcp=auth")).toEqual(["--dhcp=authoritative"]);
  expect(await ask("mayfly explain --sta")).toEqual(
    expect.arrayContaining([expect.stringMatching(/^--stage\t/), expect.stringMatching(/^--state\t/)]),
  );
  expect(await ask("mayfly serve --media im")).toEqual([expect.stringMatching(/^images\//)]);
});

test("where no server answers nothing is said and nothing is waited for", () => {
  const args = ["complete", "zsh", "--", "rollback", "--admin", "127.0.0.1:1", ""];
  const { status, stdout, stderr } = spawnSync(join(folder, "mayfly"), args, {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
});
