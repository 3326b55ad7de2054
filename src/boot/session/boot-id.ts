/** How a boot's name looks. */

export function isBootId(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text);
}
