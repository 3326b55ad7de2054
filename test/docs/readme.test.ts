/** The documents that users read first, held against what is there: commands, scripts, links, examples. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/config-text.ts";
import { PROOFS } from "../support/documented-commands.ts";
import { anchorsOf, commandsOf, fencedBlocks, localLinks } from "../support/documents.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const documents = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "boot-media/README.md"],
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => `docs/${path}`),
];
const commands = new Map(
  ["README.md", "CONTRIBUTING.md", "docs/building.md", "docs/dhcp-servers.md", "docs/raspberry-pi.md"].map(
    (path) => [path, commandsOf(read(path))],
  ),
);

describe.each([...commands])("a command of %s is run by a test or by CI:", (_, listed) => {
  test.each(listed)("%s", (command) => {
    const proof = PROOFS.get(command);
    if (proof === undefined) throw new Error(`give it a row in test/support/documented-commands.ts`);
    const text = read(proof.by);
    expect(text).toContain(proof.shown ?? "isPlayed");
  });
});

test("no command has a proof that is in no document any more", () => {
  const listed = new Set([...commands.values()].flat());
  expect([...PROOFS.keys()].filter((command) => !listed.has(command))).toEqual([]);
});

test("every npm script that a document or a message names exists", () => {
  const { scripts } = JSON.parse(read("package.json"));
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => `src/${path}`);
  const named = [...documents, ...sources].flatMap((path) =>
    [...read(path).matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(([, name = ""]) => name),
  );
  expect(named).toContain("test:unit");
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test.each(documents)("the links of %s lead somewhere", (path) => {
  const folder = dirname(join(ROOT, path));
  const broken = localLinks(read(path)).filter((link) => {
    const [target = "", anchor] = link.split("#");
    const file = target === "" ? join(ROOT, path) : join(folder, target);
    if (relative(ROOT, file).startsWith("..") || !existsSync(file)) return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test("every document can be found from the README", () => {
  const found = new Set(["README.md"]);
  for (const path of found) {
    for (const link of localLinks(read(path))) {
      const file = relative(ROOT, join(dirname(join(ROOT, path)), link.split("#")[0] ?? ""));
      if (documents.includes(file)) found.add(file);
    }
  }
  // That one lies where it is needed, and is read there.
  expect(documents.filter((path) => !found.has(path))).toEqual(["boot-media/README.md"]);
});

test("files of ours that a document names are there", () => {
  const named = documents.flatMap((path) =>
    [...read(path).matchAll(/`((?:src|test|scripts|examples|dashboard|\.ci)\/[\w./-]+\.\w+)`/g)].map(
      ([, file = ""]) => file,
    ),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test.each(documents.filter((path) => fencedBlocks(read(path), "yaml").length > 0))(
  "the configurations that %s shows have no mistake",
  (path) => {
    for (const block of fencedBlocks(read(path), "yaml"))
      expect(parseConfig(block, path).mistakes).toEqual([]);
  },
);
