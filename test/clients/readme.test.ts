/** The README played from top to bottom: its own lines, in a checkout, with a real nix and on a network of its own. */

import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Namespace } from "../../src/lab/namespace.ts";
import type { Program } from "../../src/lab/program.ts";
import { createNetwork } from "../support/cables.ts";
import { isPlayed } from "../support/documented-commands.ts";
import { commandsOf, fencedBlocks } from "../support/documents.ts";
import { lacks } from "../support/needs.ts";
import { nixEnvironment } from "../support/nix-store.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(REPOSITORY, "README.md"), "utf8");
const SYSTEM = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux`;
const SERVER = "10.87.0.2";
const READY =
  /^mayfly is ready: http:\/\/10\.87\.0\.2:8080 \(eth0\); TFTP on port 69, proxyDHCP, admin plane on \S+$/m;
const BOUND_MS = 60_000;
/** What of a checkout is used there. */
const CHECKOUT = [
  ...["bin", "src", "scripts", "dashboard", "docs", "package.json", "package-lock.json", ".npmrc"],
];

/** Two small images, as somebody's flake might have them. */
const FLAKE = `{
  outputs = { self }:
    let
      image = name: derivation {
        inherit name;
        system = "${SYSTEM}";
        builder = "/bin/busybox";
        args = [ "sh" "-euc" "bb=/bin/busybox; $bb mkdir $out; echo k > $out/bzImage; echo i > $out/initrd; echo host=$name > $out/cmdline" ];
      };
    in { packages.${SYSTEM} = { beta = image "beta"; rescue = image "rescue"; }; };
}
`;

describe.skipIf(lacks("lan", "nix-build", "curl", "busybox"))("the README, played", () => {
  let work: string;
  let server: Namespace;
  let running: Program | undefined;

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "mayfly-readme-"));
    layOut(work);
  });

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  /** A network with the server on it, for one test. */
  async function plug(): Promise<void> {
    const network = await createNetwork();
    onTestFinished(async () => {
      if (running !== undefined) await endGroup(running);
      running = undefined;
      await network.close();
    });
    server = await network.namespace("server");
    await network.cable(
      { at: server, device: "eth0", address: `${SERVER}/24` },
      { at: await network.namespace("lan"), device: "eth0" },
    );
  }

  const played = new Set<string>();
  const note = (line: string) => played.add(line.replace(SERVER, "SERVER"));
  const start = async (line: string) => {
    note(line);
    running = await server.start(["env", ...environment(work, `exec ${line}`)]);
    await running.waitFor(READY, BOUND_MS);
  };
  const run = (line: string) => {
    note(line);
    return server.run("env", ...environment(work, line));
  };
  const ask = (mac: string) => server.run("curl", "-s", `http://${SERVER}:8080/netboot.ipxe?mac=${mac}`);
  const script = () => run(`curl -s 'http://${SERVER}:8080/netboot.ipxe?mac=52-54-00-12-34-56'`);

  test("the five-minute way serves a nix result to every machine", async () => {
    await plug();
    await run("nix build ../nodes#beta");
    await start("sudo npx mayfly serve ./result");
    expect(await script()).toMatch(/kernel .*\/media\/[0-9a-z]{32}-beta\/bzImage .*host=beta/);
  });

  test("'npm start' serves the links, and the machines that mayfly.yaml names", async () => {
    await plug();
    const builds = commandsOf(README).filter((line) => line.startsWith("nix build -o "));
    expect(builds).toHaveLength(3);
    for (const line of builds) await run(line);
    const [config = ""] = fencedBlocks(README, "yaml");
    writeFileSync(join(work, "mayfly/mayfly.yaml"), config);
    expect(await run("npx mayfly check")).toBe(
      "mayfly.yaml: no mistakes\n3 hosts, unknown machines boot as 'default'\n",
    );

    await start("npm start");
    expect(await script()).toMatch(
      /\/media\/[0-9a-z]{32}-beta\/bzImage .*host=beta initrd=initrd (mayfly\.checkin=\S+ )?\$/,
    );
    expect(await ask("52-54-00-ab-cd-ef")).toMatch(/-beta\/bzImage\S* .*host=beta .*console=ttyS0 \$/);
    expect(await ask("52-54-00-00-00-99")).toMatch(/-rescue\/bzImage\S* .*host=rescue/);
  });

  test("every line of the documents that counts as played was, and no other", () => {
    const lines = commandsOf(README).filter(isPlayed);
    expect([...played].sort()).toEqual([...new Set(lines)].sort());
  });
});

/** A checkout with what `npm ci` leaves there, beside the folder of a flake, and a `sudo` for who is root already. */
function layOut(work: string): void {
  const checkout = join(work, "mayfly");
  for (const name of CHECKOUT) {
    cpSync(join(REPOSITORY, name), join(checkout, name), { recursive: true, preserveTimestamps: true });
  }
  mkdirSync(join(checkout, "boot-media/hosts"), { recursive: true });
  symlinkSync(join(REPOSITORY, "node_modules"), join(checkout, "node_modules"));
  mkdirSync(join(work, "nodes"));
  writeFileSync(join(work, "nodes/flake.nix"), FLAKE);
  mkdirSync(join(work, "bin"));
  writeFileSync(join(work, "bin/sudo"), '#!/bin/sh\nexec "$@"\n');
  chmodSync(join(work, "bin/sudo"), 0o755);
}

/** The arguments of `env` for a line of a user's shell in the checkout, with nothing of the test run's own npm. */
function environment(work: string, line: string): string[] {
  const ours = Object.keys(process.env).filter((name) => /^(npm_|MAYFLY_|VITEST|NODE_)/i.test(name));
  const path = [join(work, "bin"), process.env.PATH].join(delimiter);
  const variables = { ...nixEnvironment(join(work, "nix")), PATH: path };
  return [
    ...ours.flatMap((name) => ["-u", name]),
    ...["-C", join(work, "mayfly")],
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ...["sh", "-c", line],
  ];
}

/** npm and a shell stand between us and the server: all of them are asked to stop. */
async function endGroup(program: Program): Promise<void> {
  try {
    process.kill(-program.pid, "SIGTERM");
  } catch {
    // It was quicker than we.
  }
  await program.ended;
}
