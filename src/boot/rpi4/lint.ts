/** Says what is wrong with a Raspberry Pi 4's boot folder, before a Pi that shows nothing has to. */

import { BOARDS, type Board, PI_4B } from "./board.ts";
import type { Finding } from "./finding.ts";
import { absentOverlays, lintConfig } from "./lint-config.ts";
import { lintFiles } from "./lint-files.ts";
import { boardSettings, type Tree } from "./settings.ts";

/** Errors first, then in the order of the files. What several boards have in common is said once. */
export function lintTree(tree: Tree): Finding[] {
  const findings = [...lintFiles(tree), ...boardsOf(tree).flatMap((board) => lintBoard(tree, board))];
  const once = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.code} ${finding.place} ${finding.text}`;
    if (!once.has(key)) once.set(key, finding);
  }
  return [...once.values()].sort((a, b) => rank(a) - rank(b));
}

/** The names of the overlays that `config.txt` wants and that are not there, in order. */
export function missingOverlays(tree: Tree): string[] {
  const names = boardsOf(tree).flatMap((board) =>
    absentOverlays(tree, board, boardSettings(tree, board).settings).map(({ name }) => name),
  );
  return [...new Set(names)].sort();
}

function boardsOf(tree: Tree): Board[] {
  return BOARDS.filter((board) => board === PI_4B || tree.has(board.deviceTree));
}

function lintBoard(tree: Tree, board: Board): Finding[] {
  return lintConfig(tree, board, boardSettings(tree, board));
}

function rank({ level }: Finding): number {
  return level === "error" ? 0 : 1;
}
