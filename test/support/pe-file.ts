/** The least that passes for an EFI program: headers that name a machine. */

export const X64 = 0x8664;
export const ARM64 = 0xaa64;

export function peFile(machine: number): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4d, 0x5a]);
  view.setUint32(0x3c, 0x80, true);
  view.setUint32(0x80, 0x4550, true);
  view.setUint16(0x84, machine, true);
  return bytes;
}

/** An EFI program with one section, and room in its header for more. */
export function stubProgram(machine: number): Uint8Array {
  const bytes = new Uint8Array(0x800);
  const view = new DataView(bytes.buffer);
  bytes.set(peFile(machine));
  view.setUint16(0x86, 1, true); // sections
  view.setUint16(0x94, 0xf0, true); // bytes of the optional header
  const optional = 0x98;
  view.setUint32(optional + 32, 0x1000, true); // alignment in memory
  view.setUint32(optional + 36, 0x200, true); // alignment in the file
  view.setUint32(optional + 56, 0x2000, true); // size in memory
  const section = optional + 0xf0;
  bytes.set(new TextEncoder().encode(".text"), section);
  view.setUint32(section + 8, 0x100, true);
  view.setUint32(section + 12, 0x1000, true);
  view.setUint32(section + 16, 0x400, true);
  view.setUint32(section + 20, 0x400, true);
  return bytes;
}
