/** Kernels with true headers and nothing behind them. */

/** A copy with these bytes, or characters, at `offset`. */
export function put(bytes: Uint8Array, offset: number, ...values: readonly (number | string)[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(
    values.map((value) => (typeof value === "string" ? value.charCodeAt(0) : value)),
    offset,
  );
  return copy;
}

/** An x86 kernel of 4 setup sectors and 64 paragraphs, boot protocol 2.15. */
export function bzImage(version: string): Uint8Array {
  const text = `${version} (builder@host) #1 SMP\0`;
  const setup = put(new Uint8Array(0x200 * 5 + 16 * 64), 0x1f1, 4);
  const sized = put(setup, 0x1f4, 64, 0, 0, 0);
  const header = put(sized, 0x202, ..."HdrS", 0x0f, 0x02);
  return put(put(header, 0x20e, 0x00, 0x02), 0x400, ...text);
}

/** An EFI program with one section that ends at 0x1200. */
export function efiProgram(machine: number): Uint8Array {
  const program = put(put(new Uint8Array(0x1200), 0, ..."MZ"), 0x3c, 0x40);
  const header = put(program, 0x40, ..."PE\0\0", machine & 0xff, machine >> 8, 1, 0);
  return put(header, 0x40 + 24 + 16, 0x00, 0x02, 0, 0, 0x00, 0x10, 0, 0);
}

export function arm64Image(): Uint8Array {
  return put(efiProgram(0xaa64), 0x38, ..."ARMd");
}

export const ELF_AARCH64: Uint8Array = put(
  new Uint8Array(64),
  0,
  0x7f,
  ..."ELF",
  2,
  1,
  1,
  ...new Array(11).fill(0),
  183,
);
