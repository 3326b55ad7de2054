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
