/** Builds over the API: asked for, listed, called off, and wanted by a forge that can sign. */

import { createHmac } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describe as describeEvent } from "../../src/boot/describe.ts";
import { build } from "../../src/commands/build.ts";
import { createBuildScreen } from "../../src/commands/build-screen.ts";
import { listBuilds } from "../../src/commands/builds.ts";
import { listGenerations } from "../../src/commands/generations.ts";
import { startJournal } from "../../src/io/journal.ts";
import type { BuildView } from "../../src/web/schema/builds.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { createFakeNix, type FakeNix } from "../support/fake-nix.ts";

const SECRET = "hush, little server";
const HOOK = "/api/v1/hooks/build";
const JSON_TYPE = { "Content-Type": "application/json" };

let rig: AdminRig;
let nix: FakeNix;

beforeEach(async () => {
  rig = await startAdminRig();
  const { folder } = rig.media;
  nix = createFakeNix(folder);
  nix.does("succeed one");
  writeFileSync(join(folder, "secret"), `${SECRET}\n`);
  writeFileSync(
    join(folder, "mayfly.yaml"),
    `build: { nix: ${nix.nix}, hookSecretFile: secret }
hosts:
  beta: { macs: [52:54:00:12:34:56], flake: "github:owner/infra" }
  gamma: { flake: "github:owner/infra/release" }
  delta: { macs: [52:54:00:12:34:57] }
`,
  );
  await rig.restart();
});
afterEach(() => rig.stop());

const ended = (host: string) =>
  rig.log.wait("build", ({ change, build }) => change === "ended" && build.host === host);
async function json(method: string, path: string, body?: string) {
  const { status, text } = await rig.send(method, `/api/v1${path}`, {
    headers: JSON_TYPE,
    ...(body && { body }),
  });
  return { status, ...JSON.parse(text) };
}

describe("over the API", () => {
  test("the hosts that can be built come a page at a time", async () => {
    const first = await json("GET", "/builds?limit=1");
    expect(first).toMatchObject({ total: 2, hosts: [{ host: "beta" }] });
    expect(await json("GET", `/builds?limit=1&cursor=${first.next}`)).toMatchObject({
      hosts: [{ host: "gamma" }],
    });
    const rollouts = await json("GET", "/rollouts?limit=2");
    expect(rollouts).toMatchObject({ total: 3, rollouts: [{ host: "beta" }, { host: "delta" }] });
    expect(await json("GET", `/rollouts?cursor=${rollouts.next}`)).toMatchObject({
      rollouts: [{ host: "gamma" }],
    });
  });

  test("a build is asked for, linked, published and listed", async () => {
    const asked = await json("POST", "/hosts/beta/build", "{}");
    expect(asked).toMatchObject({ status: 200, isNew: true, build: { host: "beta", reason: "asked" } });
    await ended("beta");
    await rig.log.wait("published", ({ image }) => image === "beta");
    expect(await rig.script("52-54-00-12-34-56")).toContain(
      `/media/${nix.path("one").replace(/.*\//, "")}/bzImage`,
    );
    const { builds } = await json("GET", "/hosts/beta/builds");
    expect(builds).toEqual([
      expect.objectContaining({ id: asked.build.id, state: "built", path: nix.path("one") }),
    ]);
    const { hosts } = await json("GET", "/builds");
    expect(hosts).toMatchObject([
      { host: "beta", installable: "github:owner/infra#beta", last: { id: asked.build.id } },
      { host: "gamma", installable: "github:owner/infra/release#gamma" },
    ]);
  });

  test("one that fails shows why, and leaves the image as it was", async () => {
    nix.does(`say '{"action":"msg","level":0,"msg":"error: no such branch"}'; exit 1`);
    await json("POST", "/hosts/beta/build", "{}");
    await ended("beta");
    const { builds } = await json("GET", "/hosts/beta/builds?limit=1");
    expect(builds).toMatchObject([
      { state: "failed", trouble: "no such branch", log: ["error: no such branch"] },
    ]);
  });

  test("one that runs is called off", async () => {
    nix.does("exec sleep 600");
    await json("POST", "/hosts/beta/build", "{}");
    expect(await json("DELETE", "/hosts/beta/build")).toMatchObject({
      status: 200,
      builds: [{ host: "beta" }],
    });
    expect((await ended("beta")).build.state).toBe("cancelled");
    expect(await json("DELETE", "/hosts/beta/build")).toMatchObject({ status: 404, code: "not-found" });
  });

  test("a host without a flake is refused with the cure, and one that is not there is not found", async () => {
    expect(await json("POST", "/hosts/delta/build", "{}")).toMatchObject({
      ...{ status: 409, code: "refused" },
      cure: expect.stringContaining("hosts: { delta: { flake:"),
    });
    expect(await json("POST", "/hosts/nobody/build", "{}")).toMatchObject({ status: 404 });
  });

  test("an edited configuration counts at once", async () => {
    const file = join(rig.media.folder, "mayfly.yaml");
    writeFileSync(file, `build: { nix: ${nix.nix} }\nhosts: { delta: { flake: "path:/srv/infra" } }\n`);
    await rig.log.wait("notice", ({ text }) => text.includes("build") && text.includes("changed"));
    expect((await json("GET", "/builds")).hosts).toEqual([
      { host: "delta", installable: "path:/srv/infra#delta" },
    ]);
  });
});

const PUSH = JSON.stringify({
  ref: "refs/heads/main",
  repository: { clone_url: "https://github.com/owner/infra.git", default_branch: "main" },
});
const sign = (body: string, secret = SECRET) => createHmac("sha256", secret).update(body).digest("hex");
const github = (body: string, secret?: string) => ({
  ...JSON_TYPE,
  "X-GitHub-Event": "push",
  "X-Hub-Signature-256": `sha256=${sign(body, secret)}`,
});
async function hook(headers: Readonly<Record<string, string>>, body = PUSH) {
  const { status, text } = await rig.send("POST", HOOK, { headers, body });
  return { status, ...JSON.parse(text) };
}

describe("a forge's hook", () => {
  test("has the hosts built whose flake names its repository and branch", async () => {
    expect(await hook(github(PUSH))).toEqual({ status: 200, hosts: ["beta"] });
    expect((await ended("beta")).build).toMatchObject({ reason: "hook", state: "built" });
  });

  test.each([
    ["Gitea", (body: string) => ({ ...JSON_TYPE, "X-Gitea-Event": "push", "X-Gitea-Signature": sign(body) })],
    [
      "Forgejo",
      (body: string) => ({ ...JSON_TYPE, "X-Forgejo-Event": "push", "X-Forgejo-Signature": sign(body) }),
    ],
    ["GitLab", () => ({ ...JSON_TYPE, "X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": SECRET })],
  ])("of %s is understood too", async (_forge, headers) => {
    expect(await hook(headers(PUSH))).toEqual({ status: 200, hosts: ["beta"] });
  });

  test("as a form, which GitHub sends unless told otherwise, is understood", async () => {
    const body = `payload=${encodeURIComponent(PUSH)}`;
    const headers = { ...github(body), "Content-Type": "application/x-www-form-urlencoded" };
    expect(await hook(headers, body)).toEqual({ status: 200, hosts: ["beta"] });
  });

  test("of another branch, or of something else than a push, builds nothing and says so", async () => {
    const other = PUSH.replace("heads/main", "heads/feature");
    expect(await hook(github(other), other)).toEqual({
      ...{ status: 200, hosts: [] },
      note: "no host is built from github.com/owner/infra at feature",
    });
    expect(await hook({ ...github("{}"), "X-GitHub-Event": "ping" }, "{}")).toEqual({
      ...{ status: 200, hosts: [] },
      note: "'ping' changes no branch",
    });
  });

  test.each<[what: string, headers: Readonly<Record<string, string>>]>([
    ["unsigned", JSON_TYPE],
    ["signed by another secret", github(PUSH, "guess")],
    ["signed over another body", github(`${PUSH} `)],
    ["with another token", { ...JSON_TYPE, "X-Gitlab-Token": "guess" }],
    ["with the secret as a signature", { ...JSON_TYPE, "X-Hub-Signature-256": `sha256=${SECRET}` }],
  ])("%s is refused, and nothing is built", async (_what, headers) => {
    expect(await hook(headers)).toMatchObject({ status: 401, code: "unauthorized" });
    expect(rig.log.of("build")).toEqual([]);
  });

  test("that is too large is refused unread", async () => {
    const body = `"${"x".repeat(9_000_000)}"`;
    expect(await hook(github(body), body)).toMatchObject({ status: 413, code: "too-large" });
  });

  test("from a page of another site is refused, and so is one for another name", async () => {
    expect(await hook({ ...github(PUSH), Origin: "http://evil.example" })).toMatchObject({ status: 403 });
    expect(await hook({ ...github(PUSH), Host: "evil.example" })).toMatchObject({ status: 403 });
  });

  test("counts by the secret that the file has now, and not at all without one", async () => {
    writeFileSync(join(rig.media.folder, "secret"), "another");
    expect(await hook(github(PUSH))).toMatchObject({ status: 401 });
    expect(await hook(github(PUSH, "another"))).toMatchObject({ status: 200 });
    writeFileSync(join(rig.media.folder, "secret"), "\n");
    expect(await hook(github(PUSH, ""))).toMatchObject({
      status: 500,
      detail: "the server could not do it",
    });
    expect(rig.log.of("notice").at(-1)).toMatchObject({
      text: expect.stringContaining("is empty"),
      cure: "put the secret into it that the forge has",
    });
    writeFileSync(join(rig.media.folder, "mayfly.yaml"), "hosts: { beta: { flake: github:owner/infra } }\n");
    await rig.restart();
    expect(await hook(github(PUSH))).toMatchObject({
      status: 404,
      cure: expect.stringContaining("hookSecretFile"),
    });
  });
});

describe("from the command line", () => {
  async function run(hosts: readonly string[], more = {}): Promise<string[]> {
    const lines: string[] = [];
    const screen = createBuildScreen({ write: (text) => lines.push(text.trimEnd()) });
    const options = { hosts, all: false, local: false, cancel: false, detach: false };
    const signal = AbortSignal.timeout(20_000);
    await build(rig.request, { ...options, signal, screen, ...more }).catch((error: Error) =>
      lines.push(`! ${error.message}`),
    );
    return lines;
  }

  test("builds are followed to their end, and one that fails is an error with the end of its log", async () => {
    nix.does(`
case $installable in
  *gamma) say '{"action":"msg","level":0,"msg":"error: no such branch"}'; exit 1;;
esac
succeed one`);
    const lines = await run([], { all: true });
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^beta: built \S+-one after/),
        "gamma | error: no such branch",
        expect.stringMatching(/^gamma: the build failed after .* no such branch; /),
      ]),
    );
    expect(lines.at(-1)).toBe("! 1 of 2 were not built: gamma");
    const table = (await listBuilds(rig.request, undefined, { json: false })).join("\n");
    expect(table).toMatch(/^HOST +STATE +WHEN/);
    expect(table).toMatch(/^gamma +failed /m);
    expect((await listBuilds(rig.request, "gamma", { json: false })).at(-1)).toBe("  error: no such branch");
    expect(await listGenerations(rig.request, "gamma", { json: false })).toEqual([
      ...["gamma never had a generation.", ""],
      expect.stringMatching(/: the build failed after .* no such branch; /),
      "  error: no such branch",
    ]);
    expect((await listGenerations(rig.request, "beta", { json: false })).join("\n")).not.toContain(
      "build failed",
    );
  });

  test("a build is started without waiting for it, and called off", async () => {
    nix.does("exec sleep 600");
    expect(await run(["beta"], { detach: true })).toEqual([expect.stringMatching(/^beta: /)]);
    expect(await run(["beta"], { cancel: true })).toEqual(["beta: its build is called off"]);
    await ended("beta");
    expect(await run(["beta"], { cancel: true })).toEqual(["! no build of beta waits or runs"]);
  });

  test("without a host, and for one without a flake, it is said what is missing", async () => {
    expect((await run([])).at(-1)).toContain("want the name of a host that has a flake, or --all");
    expect((await run(["delta"])).at(-1)).toContain("nothing says what the image of delta is built from");
  });

  test("without a server it builds by itself, and the server finds it afterwards", async () => {
    const nowhere = { ...rig.request, flags: { admin: "127.0.0.1:9" } };
    const folder = join(rig.media.folder, "elsewhere");
    mkdirSync(folder);
    const lines: string[] = [];
    const screen = createBuildScreen({ write: (text) => lines.push(text.trimEnd()) });
    const options = { all: false, local: false, cancel: false, detach: false, screen };
    const request = { ...nowhere, flags: { ...nowhere.flags, state: folder } };
    const over: BuildView[] = [];
    const done = (builds: readonly BuildView[]) => over.push(...builds);
    await build(request, { ...options, hosts: ["beta"], signal: AbortSignal.timeout(20_000), done });
    expect(over).toMatchObject([{ host: "beta", state: "built" }]);
    expect(lines.at(-1)).toMatch(/^beta: built \S+-one after/);
    await rig.log.wait("published", ({ image }) => image === "beta");
  });
});

test("what a flake is fetched with is shown to nobody: not in lists, events, logs, nor on a screen", async () => {
  const flake = "git+https://oauth2:glpat-SECRET@gitlab.example/fleet";
  nix.does(`say '{"action":"msg","level":0,"msg":"error: ${flake} does not provide attribute x"}'; exit 1`);
  writeFileSync(
    join(rig.media.folder, "mayfly.yaml"),
    `build: { nix: ${nix.nix} }\nhosts: { beta: { macs: [52:54:00:12:34:56], flake: "${flake}" } }\n`,
  );
  await rig.restart();
  const events: string[] = [];
  rig.app.world.subscribe((event) => events.push(describeEvent(event).text));
  const over = ended("beta");
  const wanted = await rig.send("POST", "/api/v1/hosts/beta/build", { headers: JSON_TYPE, body: "{}" });
  await over;
  const said = [
    wanted,
    await rig.send("GET", "/api/v1/builds"),
    await rig.send("GET", "/api/v1/hosts/beta/builds"),
    await rig.send("GET", "/api/v1/hosts/beta/inside"),
  ].map(({ text }) => text);
  const all = [...said, ...events, await rig.script("52:54:00:12:34:56")].join("\n");
  expect(all).toContain("…@gitlab.example/fleet");
  expect(all).not.toContain("SECRET");
});

test("what fails inside is told to the operator and not to a stranger, once, and as no bug", async () => {
  rmSync(join(rig.media.folder, "secret"));
  const lines: string[] = [];
  const journal = await startJournal(rig.app.world, {
    ...{ level: "info", readable: false },
    stream: { write: (text) => void lines.push(...text.trim().split("\n")) },
  });
  for (const _time of [1, 2, 3]) {
    const { status, text } = await rig.send("POST", HOOK, { body: "{}" });
    expect([status, JSON.parse(text)]).toMatchObject([
      500,
      { code: "failed", detail: "the server could not do it" },
    ]);
    expect(text).not.toContain(rig.media.folder);
  }
  journal.close();
  expect(rig.log.of("bug")).toEqual([]);
  const told = lines.filter((line) => line.includes("ENOENT"));
  expect(told).toHaveLength(1);
  expect(JSON.parse(told[0] ?? "")).toMatchObject({
    level: "warn",
    msg: expect.stringContaining("put the file where"),
  });
});
