/** Reads a stream of server-sent events as its bytes come, however they are cut. @see HTML Living Standard §9.2.6 */

export interface StreamedEvent {
  /** Where one comes back to; absent: the one before. */
  readonly id?: string;
  /** Absent: the block has no data, and is no event. */
  readonly data?: string;
}

/** @returns what takes the next piece of text, and gives the blocks that are whole with it */
export function createStreamReader(): (text: string) => readonly StreamedEvent[] {
  let rest = "";
  return (text) => {
    const blocks = `${rest}${text}`.split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.map(readBlock);
  };
}

/** As our server writes it: lines end with a line feed, and data stands in one line. */
function readBlock(block: string): StreamedEvent {
  const fields = new Map(
    block.split("\n").map((line) => {
      const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      return [name, value] as const;
    }),
  );
  const [id, data] = [fields.get("id"), fields.get("data")];
  return { ...(id === undefined ? {} : { id }), ...(data === undefined ? {} : { data }) };
}
