import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/config-text.ts";
import { loadSettings } from "../../src/config/load.ts";
import { formatMistake } from "../../src/config/mistake.ts";
import { liveChanges } from "../../src/config/restart.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function load(text: string) {
  const folder = tempFolder();
  writeFileSync(join(folder, "mayfly.yaml"), text);
  return { folder, live: (await loadSettings({ flags: {}, env: {}, cwd: folder })).live };
}

test("who is told is believed with defaults, absolute paths, and the members of groups", async () => {
  const { folder, live } = await load(
    [
      "groups: { nodes: {} }",
      "hosts: { a: { group: nodes }, b: { group: nodes }, c: {} }",
      "notify:",
      "  phone: { url: https://ntfy.sh/x, format: ntfy, secretFile: token, events: boot-failed, groups: nodes, hosts: c }",
      "  program: { urlFile: hook }",
    ].join("\n"),
  );
  expect(live.notify).toEqual([
    {
      ...{ name: "phone", format: "ntfy", url: "https://ntfy.sh/x", secretFile: join(folder, "token") },
      ...{ events: ["boot-failed"], hosts: ["c", "a", "b"] },
    },
    { name: "program", format: "json", urlFile: join(folder, "hook"), events: [] },
  ]);
  expect(liveChanges(live, (await load("")).live)).toContain("notify");
});

describe("a mistake about it is told with its place", () => {
  test.each([
    ["notify: { a: {} }", "notify.a.url: read nothing, want one of 'url' and 'urlFile'"],
    [
      "notify: { a: { url: 'https://x/y', urlFile: f } }",
      "notify.a.urlFile: read 'f', want one of 'url' and 'urlFile'",
    ],
    [
      "notify: { a: { url: 'ftp://x' } }",
      "notify.a.url: read what is not repeated here, since it may be a secret, want an address with http or https, without a user's name, such as https://ntfy.sh/TOPIC",
    ],
    [
      "notify: { a: { url: 'https://anna:pw@x/y' } }",
      "notify.a.url: read what is not repeated here, since it may be a secret, want an address with http or https, without a user's name, such as https://ntfy.sh/TOPIC",
    ],
    [
      "notify: { a: { url: 'https://ntfy.sh', format: ntfy } }",
      "notify.a.url: read what is not repeated here, since it may be a secret, want an address that ends in a topic such as https://ntfy.sh/TOPIC",
    ],
    [
      "notify: { a: { url: 'https://x', format: matrix, room: '!r:x' } }",
      "notify.a.secretFile: read nothing, want 'room' and 'secretFile', with the access token, for Matrix",
    ],
    [
      "notify: { a: { url: 'https://x', format: slack, secretFile: f } }",
      "notify.a.secretFile: read 'f', want no 'secretFile' with 'format: slack', where the address itself is the secret: 'urlFile'",
    ],
    [
      "{ groups: { nodes: {} }, notify: { a: { url: 'https://x', groups: [node] } } }",
      "notify.a.groups[0]: read 'node', want 'nodes'",
    ],
    ["notify: { a: { url: 'https://x', evnts: [] } }", "notify.a.evnts: read the key 'evnts', want 'events'"],
    [
      "notify: { a: { url: 'https://x', events: [boot-faild] } }",
      "notify.a.events[0]: read 'boot-faild', want boot-failed, not-well, generation-bad, rollout-done, unknown-machine, server-trouble, or a list of them",
    ],
  ])("%s", (text, mistake) => {
    const { mistakes } = parseConfig(text, "mayfly.yaml");
    expect(mistakes.map(formatMistake)).toEqual([`mayfly.yaml:1: ${mistake}`]);
  });
});

test.each([
  'notify: { s: { url: "htps://hooks.slack.com/services/T00/B00/SECRETHOOK" } }',
  'notify: { s: { url: "https://hooks.slack.com/services/T00/B00/SECRETHOOK?x=1", format: ntfy } }',
  'notify: { s: "https://hooks.slack.com/services/T00/B00/SECRETHOOK" }',
  'notify: "https://hooks.slack.com/services/T00/B00/SECRETHOOK"',
  'notify: { s: { url: [ "https://hooks.slack.com/services/T00/B00/SECRETHOOK" ] } }',
  'notify: { s: { ulr: "https://hooks.slack.com/services/T00/B00/SECRETHOOK" } }',
  'notify:\n  s: { url: "https://hooks.slack.com/services/T00/B00/SECRETHOOK\n',
  "notify:\n  s: { url: https://hooks.slack.com/services/T00/B00/SECRETHOOK: }}\n",
  "notify: { s: { url: &a https://hooks.slack.com/services/T00/B00/SECRETHOOK, url: *a } }",
])("an address that is a secret is in no mistake: %s", (text) => {
  const { mistakes } = parseConfig(text, "mayfly.yaml");
  expect(mistakes.length).toBeGreaterThan(0);
  expect(mistakes.map(formatMistake).join("\n")).not.toContain("SECRET");
});
