import { describe, expect, test } from "vitest";
import { hookEvent, hookProof, hostsOfPush, isPush, readPush } from "../../../src/boot/build/hook.ts";

const HMAC = "ab".repeat(32);

describe("the proof in a hook", () => {
  test.each([
    ["GitHub", { "x-hub-signature-256": `sha256=${HMAC}` }, { type: "hmac", value: HMAC }],
    ["Forgejo", { "x-forgejo-signature": HMAC.toUpperCase() }, { type: "hmac", value: HMAC }],
    ["Gitea", { "x-gitea-signature": HMAC }, { type: "hmac", value: HMAC }],
    ["GitLab", { "x-gitlab-token": "hush" }, { type: "token", value: "hush" }],
  ])("of %s is found", (_forge, headers, proof) => {
    expect(hookProof(headers)).toEqual(proof);
  });

  test.each([
    ["nothing", {}],
    ["SHA-1", { "x-hub-signature": `sha1=${"ab".repeat(20)}` }],
    ["half a digest", { "x-hub-signature-256": `sha256=${HMAC.slice(2)}` }],
    ["an empty token", { "x-gitlab-token": "" }],
  ])("is not %s", (_what, headers) => {
    expect(hookProof(headers)).toBeUndefined();
  });
});

test("only what can change a branch counts", () => {
  expect(["push", "Push Hook", "create", undefined].map(isPush)).toEqual([true, true, true, true]);
  expect(["ping", "issues", "Merge Request Hook"].map(isPush)).toEqual([false, false, false]);
  expect(hookEvent({ "x-gitlab-event": "Push Hook" })).toBe("Push Hook");
});

const GITHUB = {
  ref: "refs/heads/main",
  repository: {
    full_name: "Owner/Infra",
    clone_url: "https://github.com/Owner/Infra.git",
    ssh_url: "git@github.com:Owner/Infra.git",
    default_branch: "main",
  },
};
const GITLAB = {
  ref: "refs/heads/main",
  project: {
    git_http_url: "https://gitlab.com/group/sub/infra.git",
    web_url: "https://gitlab.com/group/sub/infra",
    default_branch: "main",
  },
};

function hostsOf(payload: unknown, ...installables: string[]): string[] {
  const push = readPush(payload);
  if (push === undefined) throw new Error("no push");
  return hostsOfPush(
    push,
    installables.map((installable) => ({ host: installable, installable, outLink: "/x" })),
  );
}

describe("a push concerns", () => {
  test.each([
    "github:owner/infra#beta",
    "github:owner/infra/main#beta",
    "git+https://github.com/owner/infra#beta",
    "git+ssh://git@github.com/owner/infra?ref=main#beta",
  ])("%s", (flake) => {
    expect(hostsOf(GITHUB, flake)).toEqual([flake]);
  });

  test("a group's project on GitLab", () => {
    expect(hostsOf(GITLAB, "gitlab:group%2Fsub/infra#beta")).toHaveLength(1);
  });

  test.each([
    ["another repository", "github:owner/other#beta"],
    ["the same path on another forge", "gitlab:owner/infra#beta"],
    ["another branch", "github:owner/infra/release#beta"],
    ["one commit for ever", `github:owner/infra/${"a".repeat(40)}#beta`],
    ["a folder", "path:/srv/infra#beta"],
  ])("not %s", (_what, flake) => {
    expect(hostsOf(GITHUB, flake)).toEqual([]);
  });

  test("not the default branch when another one was pushed", () => {
    const other = { ...GITHUB, ref: "refs/heads/feature" };
    expect(hostsOf(other, "github:owner/infra#beta", "github:owner/infra/feature#beta")).toEqual([
      "github:owner/infra/feature#beta",
    ]);
  });

  test.each([[undefined], [null], ["text"], [{}], [{ repository: "x" }], [{ repository: { clone_url: 7 } }]])(
    "nobody when it is %j",
    (payload) => {
      expect(readPush(payload)).toBeUndefined();
    },
  );
});
