/** The smallest disk that a BIOS boots from: it prints a line and halts. */

const SECTOR_BYTES = 512;
/** SeaBIOS does not read from a disk of one sector. */
const DISK_BYTES = 1024 * 1024;

/**
 * A disk whose boot sector writes `text` to the screen, letter by letter through the BIOS.
 *
 * ```
 * mov si, text / cld
 * next: lodsb / or al, al / jz end / mov ah, 0eh / mov bx, 7 / int 10h / jmp next
 * end: hlt / jmp end
 * ```
 */
export function encodeBootDisk(text: string): Uint8Array {
  const code = [
    ...[0x31, 0xc0, 0x8e, 0xd8], // xor ax, ax; mov ds, ax
    ...[0xbe, 0x19, 0x7c], // mov si, 7c19h: right after the code
    ...[0xfc], // cld
    ...[0xac], // next: lodsb
    ...[0x08, 0xc0], // or al, al
    ...[0x74, 0x09], // jz end
    ...[0xb4, 0x0e], // mov ah, 0eh
    ...[0xbb, 0x07, 0x00], // mov bx, 7
    ...[0xcd, 0x10], // int 10h
    ...[0xeb, 0xf2], // jmp next
    ...[0xf4], // end: hlt
    ...[0xeb, 0xfd], // jmp end
  ];
  const disk = new Uint8Array(DISK_BYTES);
  disk.set(code);
  disk.set(new TextEncoder().encode(`${text}\r\n\0`), code.length);
  disk.set([0x55, 0xaa], SECTOR_BYTES - 2);
  return disk;
}
