/** Makes a unified kernel image: systemd's EFI stub with a kernel, an initrd and a command line in sections of it. */

import { decodePeSections } from "../../src/wire/pe/sections.ts";

/** By section name, which has at most 8 characters. */
export type UkiSections = Readonly<Record<string, Uint8Array>>;

const ENTRY_BYTES = 40;
/** IMAGE_SCN_CNT_INITIALIZED_DATA and IMAGE_SCN_MEM_READ. */
const READ_ONLY_DATA = 0x4000_0040;

/**
 * Adds sections to an EFI program, as `ukify` does.
 *
 * @throws Error when the program's header has no room for them
 */
export function addSections(program: Uint8Array, sections: UkiSections): Uint8Array {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const pe = view.getUint32(0x3c, true);
  const optional = pe + 24;
  const alignment = view.getUint32(optional + 32, true);
  const fileAlignment = view.getUint32(optional + 36, true);
  const old = decodePeSections(program);
  const table = optional + view.getUint16(pe + 20, true) + ENTRY_BYTES * old.length;
  const added = Object.entries(sections);
  const firstData = Math.min(...old.filter(({ sizeBytes }) => sizeBytes > 0).map(({ offset }) => offset));
  if (table + ENTRY_BYTES * added.length > firstData) throw new Error("no room for more sections");

  let virtual = view.getUint32(optional + 56, true);
  let offset = align(program.length, fileAlignment);
  const placed = added.map(([name, content]) => {
    const place = { name, content, virtual: align(virtual, alignment), offset };
    virtual = place.virtual + content.length;
    offset = align(offset + content.length, fileAlignment);
    return place;
  });
  const whole = new Uint8Array(offset);
  whole.set(program);
  const out = new DataView(whole.buffer);
  placed.forEach((section, index) => {
    const at = table + ENTRY_BYTES * index;
    whole.fill(0, at, at + ENTRY_BYTES);
    whole.set(new TextEncoder().encode(section.name), at);
    out.setUint32(at + 8, section.content.length, true);
    out.setUint32(at + 12, section.virtual, true);
    out.setUint32(at + 16, align(section.content.length, fileAlignment), true);
    out.setUint32(at + 20, section.offset, true);
    out.setUint32(at + 36, READ_ONLY_DATA, true);
    whole.set(section.content, section.offset);
  });
  out.setUint16(pe + 6, old.length + added.length, true);
  out.setUint32(optional + 56, align(virtual, alignment), true);
  return whole;
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
