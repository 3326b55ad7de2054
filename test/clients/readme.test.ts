/** The README played from top to bottom: its own lines, in a checkout, with a real nix and on a network of its own. */

import { execFileSync } from "node:child_process";
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
import { isPlayed } from "../support/documented-commands.ts";
import { commandsOf, fencedBlocks } from "../support/documents.ts";
import { lacks } from "../support/needs.ts";
import { createNetwork, type Namespace, type Program } from "../support/netns.ts";
import { nixEnvironment } from "../support/nix-store.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(REPOSITORY, "README.md"), "utf8");
const SYSTEM = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux`;
const SERVER = "10.87.0.2";
const READY = /^mayfly is ready: http:\/\/10\.87\.0\.2:8080 \(eth0\); TFTP on port 69, proxyDHCP$/;
const BOUND_MS = 60_000;

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
  function plug(): void {
    const network = createNetwork();
    server = network.namespace("server");
    network.cable(
      { at: server, device: "eth0", address: `${SERVER}/24` },
      { at: network.namespace("lan"), device: "eth0" },
    );
    onTestFinished(async () => {
      // npm and a shell stand between us and the server: it is asked to stop by its own number.
      const pids = execFileSync("ip", ["netns", "pids", server.name], { encoding: "utf8" });
      for (const pid of pids.split("\n").filter((line) => line !== "")) end(Number(pid));
      await running?.exit;
      await network.remove();
    });
  }

  const played = new Set<string>();
  const note = (line: string) => played.add(line.replace(SERVER, "SERVER"));
  const start = (line: string) => {
    note(line);
    running = server.start("env", environment(work, `exec ${line}`));
    return running;
  };
  const run = (line: string) => {
    note(line);
    return server.run("env", ...environment(work, line));
  };
  const ask = (mac: string) => server.run("curl", "-s", `http://${SERVER}:8080/netboot.ipxe?mac=${mac}`);
  const script = () => run(`curl -s 'http://${SERVER}:8080/netboot.ipxe?mac=52-54-00-12-34-56'`);

  test("the five-minute way serves a nix result to every machine", async () => {
    plug();
    run("nix build ../nodes#beta");
    await start("sudo npx mayfly serve ./result").waitFor(READY, { timeoutMs: BOUND_MS });
    expect(script()).toMatch(/kernel .*\/media\/[0-9a-z]{32}-beta\/bzImage .*host=beta/);
  });

  test("'npm start' serves the links, and the machines that mayfly.yaml names", async () => {
    plug();
    const builds = commandsOf(README).filter((line) => line.startsWith("nix build -o "));
    expect(builds).toHaveLength(3);
    for (const line of builds) run(line);
    const [config = ""] = fencedBlocks(README, "yaml");
    writeFileSync(join(work, "mayfly/mayfly.yaml"), config);
    expect(run("npx mayfly check")).toBe(
      "mayfly.yaml: no mistakes\n3 hosts, unknown machines boot as 'default'\n",
    );

    await start("npm start").waitFor(READY, { timeoutMs: BOUND_MS });
    expect(script()).toMatch(/\/media\/[0-9a-z]{32}-beta\/bzImage .*host=beta initrd=initrd \$/);
    expect(ask("52-54-00-ab-cd-ef")).toMatch(/-beta\/bzImage .*host=beta .*console=ttyS0 \$/);
    expect(ask("52-54-00-00-00-99")).toMatch(/-rescue\/bzImage .*host=rescue/);
  });

  test("every line of the documents that counts as played was, and no other", () => {
    const lines = commandsOf(README).filter(isPlayed);
    expect([...played].sort()).toEqual([...new Set(lines)].sort());
  });
});

/** A checkout with what `npm ci` leaves there, beside the folder of a flake, and a `sudo` for who is root already. */
function layOut(work: string): void {
  const checkout = join(work, "mayfly");
  for (const name of ["bin", "src", "package.json", "package-lock.json", ".npmrc"]) {
    cpSync(join(REPOSITORY, name), join(checkout, name), { recursive: true });
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

function end(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It was quicker than we.
  }
}
