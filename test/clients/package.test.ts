/** The package as npm publishes it: packed, put in place as an installation would, and run. */

import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram, startProgram } from "../../src/lab/program.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const BOUND_MS = 30_000;

/** What lies about in a checkout that people work in, and is nobody else's business. */
const LITTER = [
  ".mayfly/leases.json",
  "boot-media/hosts/beta/bzImage",
  "boot-media/ipxe/ipxe-arm64.efi",
  "coverage/index.html",
  "dashboard/dist/assets/index-old.js",
  "dist/renamed-long-ago.js",
  "mayfly.yaml",
];

/** Of the dashboard what has a name that changes with its content. */
const BUILT = /^dashboard\/dist\/assets\/[\w-]+-[\w-]{8}\.(js|css|svg)$/;

let work: string;
let installed: string;
let files: readonly string[];

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "mayfly-package-"));
  const tarball = await pack(copyCheckout(join(work, "checkout")));
  installed = join(work, "node_modules/mayfly");
  mkdirSync(installed, { recursive: true });
  await runProgram(["tar", "-xzf", tarball, "--strip-components=1", "-C", installed]);
  await copyDependencies(join(work, "node_modules"));
  mkdirSync(join(work, "node_modules/.bin"));
  symlinkSync("../mayfly/bin/mayfly.js", join(work, "node_modules/.bin/mayfly"));
  files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(installed, join(entry.parentPath, entry.name)))
    .sort();
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

test("the package holds the compiled program, the documents and nothing else", () => {
  const compiled = filesBelow("src").flatMap((path) => {
    const name = path.replace(/\.ts$/, "");
    return [`dist/${name}.d.ts`, `dist/${name}.js`];
  });
  const documents = [
    ...filesBelow("docs").map((path) => `docs/${path}`),
    ...filesBelow("examples").map((path) => `examples/${path}`),
    ...filesBelow("nix").map((path) => `nix/${path}`),
    ...[
      "flake.nix",
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "LICENSE",
      "README.md",
      "SECURITY.md",
      "boot-media/README.md",
    ],
  ];
  const page = files.filter((path) => path.startsWith("dashboard/"));
  expect(page.filter((path) => !BUILT.test(path))).toEqual(["dashboard/dist/index.html"]);
  expect(page.some((path) => path.endsWith(".js"))).toBe(true);
  const others = files.filter((path) => !path.startsWith("dashboard/"));
  expect(others).toEqual(["bin/mayfly.js", "package.json", ...compiled, ...documents].sort());
});

test("the packed command tells its version and its usage, and checks a configuration", async () => {
  expect(await mayfly("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(await mayfly("--help")).toContain("serve [options] [IMAGE]");
  writeFileSync(join(work, "mayfly.yaml"), "hosts: { beta: { macs: ['52:54:00:12:34:56'] } }\n");
  expect(await mayfly("check")).toContain("mayfly.yaml: no mistakes\n1 host,");
});

test("the packed command serves, the dashboard too", async () => {
  const ports = ["--http-port", "0", "--tftp-port", "0", "--admin", "127.0.0.1:0"];
  const flags = ["--interface", "lo", "--dhcp", "off", ...ports];
  const server = await startProgram([process.execPath, command(), "serve", ...flags], { cwd: work });
  try {
    const [, address] = await server.waitFor(/^mayfly is ready: (http:\S+) \(lo\)/m, BOUND_MS);
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    const [, admin] = await server.waitFor(/admin plane on (http:\S+)/m, BOUND_MS);
    expect(await (await fetch(`${admin}/hosts/beta`)).text()).toContain('<script type="module"');
  } finally {
    expect(await server.stop()).toEqual({ code: 0, signal: undefined });
  }
});

// It takes root to be an ordinary user; where tests are complete, root is there.
const isUser = process.getuid?.() !== 0 && process.env.CI === undefined;

test.skipIf(isUser)("an ordinary user is told what it may not open, or see", async () => {
  const node = join(work, "node");
  copyFileSync(process.execPath, node);
  const image = join(work, "closed/image");
  const media = join(work, "media");
  mkdirSync(join(media, "hosts"), { recursive: true });
  mkdirSync(image, { recursive: true });
  symlinkSync(image, join(media, "hosts/default"));
  chmodSync(join(work, "closed"), 0o700);
  chmodSync(work, 0o755);
  const flags = ["--interface", "lo", "--dhcp", "off", "--http-port", "0", "--media", media];
  // A network of its own, where port 69 is nobody's and belongs to root.
  const nobody =
    "ip link set lo up && exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all";
  const inside = ["unshare", "--net", "sh", "-c", `${nobody} "$@"`, "sh", node, command()] as const;
  const server = await startProgram([...inside, "serve", ...flags], { cwd: work });
  try {
    await server.waitFor(/^mayfly is ready: .*; no TFTP, no DHCP(, admin plane on \S+)?$/m, BOUND_MS);
    const seen = `hosts/default links to ${image}, which may not be seen by this user: look at the rights`;
    expect(server.text()).toContain(seen);
    const opened = "UDP port 69 (TFTP) may not be opened by this user; sudo setcap cap_net_bind_service=+ep";
    expect(server.text()).toContain(`${opened} ${node}`);
  } finally {
    await server.stop();
  }
  const check = [...inside, "serve", join(work, "closed/image")] as const;
  await expect(runProgram(check, { cwd: work })).rejects.toThrow(
    "this user may not see it, look at the rights",
  );
});

test("a program that embeds the package compiles against its types and starts a server", async () => {
  await writeEmbedder();
  const tsc = join(REPOSITORY, "node_modules/typescript/bin/tsc");
  const flags = [
    "--module",
    "nodenext",
    "--target",
    "es2024",
    "--types",
    "node",
    "--strict",
    "--skipLibCheck",
  ];
  const typeRoots = ["--typeRoots", join(REPOSITORY, "node_modules/@types")];
  await runProgram([process.execPath, tsc, ...flags, ...typeRoots, "embedder.mts"], { cwd: work });
  expect(await runProgram([process.execPath, "embedder.mjs"], { cwd: work })).toContain("status 200\n");
});

async function writeEmbedder(): Promise<void> {
  writeFileSync(
    join(work, "embedder.mts"),
    `import { type App, loadSettings, type Settings, startApp } from "mayfly";
const flags = { interfaces: ["lo"], dhcp: "off", httpPort: "0", tftpPort: "0", logLevel: "silent" };
const load = (): Promise<Settings> => loadSettings({ flags, env: {}, cwd: "/nowhere" });
const app: App = await startApp(await load(), load);
console.log("status", (await fetch(\`http://127.0.0.1:\${app.served.httpPort}/readyz\`)).status);
await app.stop();
`,
  );
}

function command(): string {
  return join(work, "node_modules/.bin/mayfly");
}

function mayfly(...args: readonly string[]): Promise<string> {
  return runProgram([process.execPath, command(), ...args], { cwd: work });
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(REPOSITORY, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(REPOSITORY, folder), join(entry.parentPath, entry.name)));
}

/** The repository is not packed itself: other tests run from it, and it may hold somebody's images. */
function copyCheckout(to: string): string {
  const ours =
    /^(bin|boot-media|dashboard|docs|examples|nix|scripts|src|[^/]+\.(md|json|js|nix)|LICENSE|\.gitignore|\.npmrc)$/;
  for (const name of readdirSync(REPOSITORY).filter((each) => ours.test(each) && each !== "boot-media")) {
    cpSync(join(REPOSITORY, name), join(to, name), { recursive: true });
  }
  cpSync(join(REPOSITORY, "boot-media/README.md"), join(to, "boot-media/README.md"));
  symlinkSync(join(REPOSITORY, "node_modules"), join(to, "node_modules"));
  for (const path of LITTER) {
    mkdirSync(join(to, path, ".."), { recursive: true });
    writeFileSync(join(to, path), "litter");
  }
  return to;
}

/** @returns the path of the tarball */
async function pack(folder: string): Promise<string> {
  const output = await runProgram(["npm", "pack", "--silent", "--pack-destination", work], { cwd: folder });
  return join(work, output.trim());
}

/** What `npm install` would fetch for the package, from our own installation: nothing for development. */
async function copyDependencies(to: string): Promise<void> {
  const listed = await runProgram(["npm", "ls", "--omit=dev", "--all", "--parseable"], { cwd: REPOSITORY });
  const from = join(REPOSITORY, "node_modules");
  const packages = listed.split("\n").filter((path) => path.startsWith(from));
  expect(packages).not.toContain(join(from, "vitest"));
  for (const path of packages) cpSync(path, join(to, relative(from, path)), { recursive: true });
}
