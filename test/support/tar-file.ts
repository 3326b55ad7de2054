/** Tar archives as no honest program writes them, entry by entry. */

export interface TarEntry {
  readonly name: string;
  /** One character, as in the header: `0` a file, `2` a link. Default: a file. */
  readonly type?: string;
  readonly target?: string;
  readonly prefix?: string;
  readonly data?: string;
  /** What the header says, where that is not the truth. */
  readonly sizeBytes?: number;
}

/** One entry: its header and its data, filled up to whole blocks. */
export function tarEntry({
  name,
  type = "0",
  target = "",
  prefix = "",
  data = "",
  sizeBytes,
}: TarEntry): Uint8Array {
  const bytes = new TextEncoder().encode(data);
  const whole = new Uint8Array(512 * (1 + Math.ceil(bytes.length / 512)));
  const put = (text: string, at: number) => whole.set(new TextEncoder().encode(text), at);
  const size = sizeBytes ?? bytes.length;
  put(name, 0);
  put("0000644\0", 100);
  if (size < 8 ** 11) put(size.toString(8).padStart(11, "0"), 124);
  else new DataView(whole.buffer).setBigUint64(128, BigInt(size));
  if (size >= 8 ** 11) whole[124] = 0x80;
  put("        ", 148);
  put(type, 156);
  put(target, 157);
  put("ustar\x0000", 257);
  put(prefix, 345);
  const sum = whole.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  whole.set(bytes, 512);
  return whole;
}

/** An archive of these entries, with its end. */
export function tarFile(entries: readonly TarEntry[]): Uint8Array {
  const parts = [...entries.map(tarEntry), new Uint8Array(1024)];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
