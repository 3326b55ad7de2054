/** Text that comes in pieces as the lines that it is made of, none of them longer than some bound. */

import { StringDecoder } from "node:string_decoder";

/** Longer than any line that somebody reads; what follows in such a line is dropped. */
const MAX_LINE_CHARS = 64 * 1024;

export interface LineSplitter {
  add(piece: Buffer): void;
  /** Gives what is left without a line end. */
  end(): void;
}

export function splitLines(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder("utf8");
  let begun = "";
  const take = (text: string) => {
    const parts = text.split("\n");
    const last = parts.pop() ?? "";
    for (const part of parts) {
      onLine((begun + part).slice(0, MAX_LINE_CHARS));
      begun = "";
    }
    if (begun.length < MAX_LINE_CHARS) begun += last;
  };
  return {
    add: (piece) => take(decoder.write(piece)),
    end() {
      take(decoder.end());
      if (begun !== "") onLine(begun.slice(0, MAX_LINE_CHARS));
      begun = "";
    },
  };
}
