/** Makes an ISO image with folders and files, their names in capitals and, beside that, as POSIX has them. */

import { SECTOR_BYTES } from "../../src/wire/iso/volume.ts";

/** Files by path; the disc has a boot catalog with an entry for UEFI that leads nowhere. */
export function discBytes(files: Readonly<Record<string, Uint8Array | string>>): Uint8Array {
  const root = treeOf(files);
  let next = FIRST_FREE;
  const place = (node: Folder | Leaf): void => {
    node.sector = next;
    next += Math.max(1, Math.ceil(sizeOf(node) / SECTOR_BYTES));
    if (node.type === "folder") for (const child of node.children.values()) place(child);
  };
  place(root);
  const disc = new Uint8Array(next * SECTOR_BYTES);
  const view = new DataView(disc.buffer);
  const at = (sector: number) => sector * SECTOR_BYTES;
  for (const [sector, type] of [
    [16, 1],
    [17, 0],
    [18, 255],
  ] as const)
    disc.set([type, ...ascii("CD001"), 1], at(sector));
  view.setUint32(at(16) + 80, next, true);
  disc.set(record("\0", root), at(16) + 156);
  disc.set(ascii("EL TORITO SPECIFICATION"), at(17) + 7);
  view.setUint32(at(17) + 71, CATALOG, true);
  disc.set([1, PLATFORM_EFI], at(CATALOG));
  disc.set([0x55, 0xaa, 0x88], at(CATALOG) + 30);
  write(disc, root);
  return disc;
}

const CATALOG = 20;
const FIRST_FREE = 21;
const PLATFORM_EFI = 0xef;
/** More than a record with the names of these tests has. */
const RECORD_BYTES = 200;

interface Folder {
  readonly type: "folder";
  readonly children: Map<string, Folder | Leaf>;
  sector: number;
}

interface Leaf {
  readonly type: "file";
  readonly content: Uint8Array;
  sector: number;
}

function treeOf(files: Readonly<Record<string, Uint8Array | string>>): Folder {
  const root: Folder = { type: "folder", children: new Map(), sector: 0 };
  for (const [path, text] of Object.entries(files)) {
    const parts = path.split("/");
    const name = parts.pop() ?? "";
    let folder = root;
    for (const part of parts) {
      const known = folder.children.get(part);
      const child: Folder =
        known?.type === "folder" ? known : { type: "folder", children: new Map(), sector: 0 };
      folder.children.set(part, child);
      folder = child;
    }
    const content = typeof text === "string" ? new TextEncoder().encode(text) : text;
    folder.children.set(name, { type: "file", content, sector: 0 });
  }
  return root;
}

function sizeOf(node: Folder | Leaf): number {
  return node.type === "file" ? node.content.length : SECTOR_BYTES * Math.ceil(node.children.size / 8 + 1);
}

function write(disc: Uint8Array, node: Folder | Leaf): void {
  const start = node.sector * SECTOR_BYTES;
  if (node.type === "file") {
    disc.set(node.content, start);
    return;
  }
  const records = [record("\0", node), record("\u0001", node)];
  for (const [name, child] of node.children) {
    records.push(record(name, child));
    write(disc, child);
  }
  let at = start;
  for (const each of records) {
    // A record never crosses into the next sector.
    if ((at % SECTOR_BYTES) + each.length > SECTOR_BYTES) at = Math.ceil(at / SECTOR_BYTES) * SECTOR_BYTES;
    disc.set(each, at);
    at += each.length;
  }
}

function record(name: string, node: Folder | Leaf): Uint8Array {
  const isOwn = name <= "\u0001";
  const plain = isOwn ? name : name.toUpperCase().slice(0, 8) + (node.type === "file" ? ";1" : "");
  const posix = isOwn ? [] : [...ascii("NM"), 5 + name.length, 1, 0, ...ascii(name)];
  const area = 33 + plain.length + (~plain.length & 1);
  const bytes = new Uint8Array((area + posix.length + 1) & ~1);
  if (bytes.length > RECORD_BYTES) throw new Error(`${name} is too long for this disc`);
  const view = new DataView(bytes.buffer);
  bytes[0] = bytes.length;
  view.setUint32(2, node.sector, true);
  view.setUint32(10, sizeOf(node), true);
  bytes[25] = node.type === "folder" ? 2 : 0;
  bytes[32] = plain.length;
  bytes.set(ascii(plain), 33);
  bytes.set(posix, area);
  return bytes;
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
