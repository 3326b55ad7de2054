/** Reads the documents as a user does: the commands that they tell one to type, their links, their examples. */

import { readFileSync } from "node:fs";

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;
/** How a command begins that stands within a sentence. */
const COMMAND = /^([A-Z_]+=\S+ )?(sudo |npx |npm |nix |curl |systemctl )/;

/** The bodies of a document's fenced blocks of one language, in order. */
export function fencedBlocks(text: string, language: string): string[] {
  return [...text.matchAll(FENCE)].flatMap(([, name, body = ""]) => (name === language ? [body] : []));
}

/** Every command of a document, in order: without comments, and each part of `a && b` by itself. */
export function commandsOf(text: string): string[] {
  const lines = fencedBlocks(text, "sh").flatMap((block) => block.split("\n"));
  const inline = [...text.replaceAll(FENCE, "").matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  return [
    ...lines.map((line) => line.replace(/\s+#\s.*$/, "")),
    ...inline.filter((code) => COMMAND.test(code)),
  ]
    .flatMap((line) => line.split("&&"))
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Where the links of a document point, but for those into the web. */
export function localLinks(text: string): string[] {
  return [...text.replaceAll(FENCE, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that a Markdown file has, one for each heading, as GitHub makes them. */
export function anchorsOf(file: string): string[] {
  const headings = readFileSync(file, "utf8")
    .replaceAll(FENCE, "")
    .matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, "")
      .replaceAll(/\s/g, "-"),
  );
}
