/** Which options fit into a reply, and which are left out where not all do. */

/** An option's code and value. */
export type OptionEntry = readonly [code: number, value: Uint8Array];

/** The least that every client takes, in bytes of IP packet (RFC 2131 §2). */
const LEAST_BYTES = 576;
/** Headers of IP, UDP and DHCP, and the END. */
const OTHER_BYTES = 28 + 240 + 1;

/**
 * Puts options together.
 *
 * What is needed is there in any case, and may spill into the header fields. The rest is taken as far as
 * it fits without, since some clients never look there.
 *
 * @param last - needed too, and at the end
 * @param limitBytes - the largest IP packet
 */
export function withinRoom(
  needed: readonly OptionEntry[],
  rest: readonly OptionEntry[],
  last: readonly OptionEntry[],
  limitBytes: number,
): ReadonlyMap<number, Uint8Array> {
  let room = Math.max(limitBytes, LEAST_BYTES) - OTHER_BYTES;
  for (const [, value] of [...needed, ...last]) room -= sizeOf(value);
  const taken = rest.filter(([, value]) => {
    const fits = sizeOf(value) <= room;
    if (fits) room -= sizeOf(value);
    return fits;
  });
  return new Map([...needed, ...taken, ...last]);
}

/** With the code and length of each piece. */
function sizeOf(value: Uint8Array): number {
  return value.length + 2 * Math.max(1, Math.ceil(value.length / 255));
}
